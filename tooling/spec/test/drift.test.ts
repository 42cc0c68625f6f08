import { api, array, int32, int64, type Shape, string, struct } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { type Declared, declareApi } from '../src/declared.ts'
import { driftOf } from '../src/drift.ts'
import type { LeftOut } from '../src/left-out.ts'
import type { Specification, SpecMessage } from '../src/specification.ts'
import { declareSample, sample, shape, specificationOf } from './sample.ts'

const specification = specificationOf('4.4.0', sample())

function driftTexts(
  declarations: readonly Declared[],
  specifications: readonly Specification[],
  decisions: readonly LeftOut[] = [],
): string[] {
  return driftOf(declarations, specifications, decisions).map(({ message, text }) => `${message}: ${text}`)
}

const { url, data, ...others } = shape

describe('a field', () => {
  it('is no drift as it is specified', () => {
    expect(driftTexts([declareSample()], [specification])).toEqual([])
  })

  it.each<[string, Shape, string]>([
    ['that is missing', { url, ...others }, 'data is not declared: records, versions 1-4, default empty'],
    ['without a specification', { ...shape, more: int32.since(2) }, 'more is declared for versions 2-4, and not specified'],
    ['at another place', { ...others, data, url }, 'the order of the fields is another in versions 1-4'],
    ['with another type', { ...shape, data: string }, 'data: type: string is declared, records is specified'],
    ['in later versions alone', { ...shape, data: data.since(2) }, 'data: versions: 2-4 is declared, 1-4 is specified'],
    ['that ends', { ...shape, url: url.until(3) }, 'url: versions: 1-3 is declared, 1-4 is specified'],
    ['that may be null', { ...shape, url: url.nullable(4) }, 'url: nullable: 4 is declared, none is specified'],
    [
      'with another default',
      { ...shape, url: string.default('http://b') },
      'url: default: "http://b" is declared, "http://a" is specified',
    ],
    ['with null for a default', { ...shape, topics: shape.topics.default(null) }, 'topics: default: null is declared, empty is specified'],
    ['with another tag', { ...shape, leader: shape.leader.tagged(1) }, 'leader: tag: 1 is declared, 0 is specified'],
    ['with a later tag', { ...shape, leader: shape.leader.tagged(0, 4) }, 'leader: tagged: 4 is declared, 3-4 is specified'],
    ['whose value may get lost', { ...shape, url: url.ignorable() }, 'url: ignorable: true is declared, false is specified'],
    [
      'of a compact length',
      { ...shape, clientId: string.nullable().default(null) },
      'clientId: compact: true is declared, false is specified',
    ],
    [
      'of a struct',
      { ...shape, others: array(struct({ epoch: int64 })).since(4) },
      'others[].epoch: default: 0 is declared, -1 is specified',
    ],
  ])('%s is drift', (_, fields, text) => {
    expect(driftTexts([declareSample(fields)], [specification])).toContain(`Sample: ${text}`)
  })
})

describe('a message', () => {
  it('is drift where nobody declares it, and where nobody specifies it', () => {
    expect(driftTexts([], [specification])).toEqual(['Sample: is not declared: versions 1-4'])
    expect(driftTexts([declareSample()], [specificationOf('4.4.0')])).toEqual(['Sample: is declared, and not specified'])
  })

  it('is drift with other versions, and with another flexible one', () => {
    const longer = specificationOf('4.4.0', sample({ validVersions: '1-5' }))
    expect(driftTexts([declareSample()], [longer])).toContain('Sample: versions 1-4 are declared, 1-5 are specified')
    expect(driftTexts([declareSample(shape, 4)], [specification])).toEqual(['Sample: flexible versions: 4 is declared, 3-4 is specified'])
  })

  it('is drift where it is left out, also where only brokers keep it', () => {
    const internal = specificationOf('4.4.0', sample({ type: 'coordinator-value' }))
    expect(driftTexts([], [internal])).toEqual(['Sample: is not declared: versions 1-4'])
  })
})

describe('an older specification', () => {
  const fields = [
    { name: 'Count', type: 'int32', versions: '0-1' },
    { name: 'Name', type: 'string', versions: '0+' },
  ]
  const older = sample({ validVersions: '0-3', flexibleVersions: 'none', fields })
  const newer = sample({
    validVersions: '2-4',
    flexibleVersions: 'none',
    fields: [
      { name: 'Name', type: 'string', versions: '0-3', ignorable: true },
      { name: 'Id', type: 'int32', versions: '4' },
    ],
  })
  const both = [specificationOf('4.4.0', newer), specificationOf('3.9.2', older)]
  const name = string.until(3).ignorable()
  const declared = (count: Shape[string]) =>
    driftTexts([{ ...declareSample({ count, name, id: int32.since(4) }, Infinity), versions: [0, 1, 2, 3, 4] }], both)

  it('counts for the versions that the newer one has no more, and for these alone', () => {
    expect(declared(int32.until(1))).toEqual([])
    expect(declared(int32.until(2))).toEqual(['Sample: count is declared for versions 2, and not specified'])
    expect(declared(int32.until(0))).toEqual(['Sample: count: versions: 0 is declared, 0-1 is specified'])
  })
})

describe('a decision to leave something out', () => {
  it('makes up for a missing message and for missing versions', () => {
    expect(driftTexts([], [specification], [{ name: 'Sample', reason: 'a test' }])).toEqual([])
    const longer = specificationOf('4.4.0', sample({ validVersions: '0-4' }))
    expect(driftTexts([declareSample()], [longer], [{ name: 'Sample', versions: '0', reason: 'a test' }])).toEqual([])
  })

  it('is drift once nothing is left to leave out', () => {
    const decisions = [
      { name: 'Sample', versions: '0', reason: 'a test' },
      { name: 'Gone', reason: 'a test' },
    ]
    expect(driftTexts([declareSample()], [specification], decisions)).toEqual([
      'Sample: is left out in 0, and not specified',
      'Gone: is left out, and not specified',
    ])
  })
})

describe('an API', () => {
  const message = (type: string, changes: Partial<SpecMessage> = {}): SpecMessage =>
    sample({
      type,
      name: `Echo${type === 'request' ? 'Request' : 'Response'}`,
      apiKey: 7,
      validVersions: '0-2',
      flexibleVersions: '2+',
      fields: [],
      ...changes,
    })
  const drift = (key: number, options: Partial<Parameters<typeof api>[2]>, request: Partial<SpecMessage> = {}) => {
    const echo = api('Echo', key, { versions: [0, 2], flexible: 2, ...options }, () => ({ request: {}, response: {} }))
    return driftTexts(declareApi(echo), [specificationOf('4.4.0', message('request', request), message('response'))])
  }

  it('is no drift as it is specified', () => {
    expect(drift(7, {})).toEqual([])
    expect(drift(7, { latestStable: 1 }, { latestVersionUnstable: true })).toEqual([])
  })

  it('is drift with another key', () => {
    expect(drift(8, {})).toEqual([
      'EchoRequest: API key: 8 is declared, 7 is specified',
      'EchoResponse: API key: 8 is declared, 7 is specified',
    ])
  })

  it('is drift with an unstable version more or less', () => {
    expect(drift(7, {}, { latestVersionUnstable: true })).toEqual(['EchoRequest: latest stable version: 2 is declared, 1 is specified'])
  })

  it('is drift with another version of a header', () => {
    expect(drift(7, { fixedResponseHeader: true })).toEqual([
      'EchoResponse: header version: 0 in 0-2 is declared, 0 in 0-1, 1 in 2 is specified',
    ])
  })
})
