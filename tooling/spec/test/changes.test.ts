import { api, string } from '@k/protocol'
import { expect, it } from 'vitest'
import { changesIn } from '../src/changes.ts'
import { declareApi } from '../src/declared.ts'
import type { SpecMessage } from '../src/specification.ts'
import { sample, specificationOf } from './sample.ts'

const name = { name: 'Name', type: 'string', versions: '0+' }
const echoRequest = (changes: Partial<SpecMessage> = {}): SpecMessage =>
  sample({ type: 'request', name: 'EchoRequest', apiKey: 7, validVersions: '0-2', flexibleVersions: '2+', fields: [name], ...changes })
const echoResponse = sample({ type: 'response', name: 'EchoResponse', apiKey: 7, validVersions: '0-2', flexibleVersions: '2+', fields: [] })
const current = specificationOf('4.4.0', echoRequest(), echoResponse)
const echo = api('Echo', 7, { versions: [0, 2], flexible: 2 }, () => ({ request: { name: string }, response: {} }))

const texts = (...messages: SpecMessage[]) =>
  changesIn(specificationOf('4.5.0', ...messages), current, declareApi(echo), []).map(({ message, items }) => [message, ...items])

it('finds nothing to do where nothing changed', () => {
  expect(texts(echoRequest(), echoResponse)).toEqual([])
})

it('lists a new version and what it brings, and no field that goes on as it was', () => {
  const fields = [
    { ...name, versions: '0-2' },
    { name: 'Count', type: 'int32', versions: '3+', default: '-1' },
  ]
  expect(texts(echoRequest({ validVersions: '0-3', fields }), echoResponse)).toEqual([
    [
      'EchoRequest',
      { text: 'new versions: 3; declared are 0-2', details: [] },
      { text: 'name: versions: 0-3 is declared, 0-2 is specified', details: [] },
      { text: 'count is not declared: int32, versions 3, default -1', details: [] },
    ],
  ])
})

it('says which version is stable where that does not follow by itself', () => {
  const stable = (changes: Partial<SpecMessage>) => texts(echoRequest(changes), echoResponse).flatMap(([, ...items]) => items)
  const item = { text: 'the latest stable version is 2', details: [] }
  expect(stable({ validVersions: '0-3', latestVersionUnstable: true })).toContainEqual(item)
  expect(stable({ validVersions: '0-3' })).not.toContainEqual(expect.objectContaining({ text: expect.stringContaining('stable') }))
  expect(stable({ validVersions: '0-1' })).not.toContainEqual(expect.objectContaining({ text: expect.stringContaining('stable') }))
})

it('lists a new message with its fields', () => {
  const added = echoRequest({ name: 'PingRequest', apiKey: 95, validVersions: '0', flexibleVersions: '0+' })
  expect(texts(echoRequest(), echoResponse, added)).toEqual([
    ['PingRequest', { text: 'a new request of API 95: versions 0, flexible in 0', details: ['name: string, versions 0, default ""'] }],
  ])
})

it('lists versions and messages that are gone', () => {
  expect(texts(echoRequest({ validVersions: '1-2' }))).toEqual([
    ['EchoRequest', { text: 'versions that are gone: 0; brokers of other releases still speak them', details: [] }],
    ['EchoResponse', { text: 'is gone', details: [] }],
  ])
})
