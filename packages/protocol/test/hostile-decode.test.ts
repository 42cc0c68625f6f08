import * as protocol from '@k/protocol'
import { type AnyApi, DecodeError, decodeResponse, Fetch, Metadata, Produce, Reader, SaslHandshake } from '@k/protocol'
import { describe, expect, it } from 'vitest'

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}

/** `head`, then `element` as often as fits into `size` bytes. */
function repeated(head: (count: number) => number[], element: number[], size: number): Buffer {
  const count = Math.floor((size - 20) / element.length)
  const bytes = Buffer.alloc(size)
  const start = Buffer.from(head(count)).copy(bytes)
  bytes.fill(Buffer.from(element), start, start + count * element.length)
  return bytes
}

const MEGABYTE = 1_000_000
const thrownBy = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

describe('a response that is all counts', () => {
  // Per element the fewest bytes that the version allows.
  const cases: [string, AnyApi, number, (size: number) => Buffer][] = [
    ['topics of Produce', Produce, 9, (size) => repeated((n) => [0, 0, 0, 0, 0, ...varint(n + 1)], [1, 1, 0], size)],
    ['topics of Fetch', Fetch, 12, (size) => repeated((n) => [0, 0, 0, 0, 0, ...Array(10).fill(0), ...varint(n + 1)], [1, 1, 0], size)],
    [
      'brokers of Metadata',
      Metadata,
      12,
      (size) => repeated((n) => [0, 0, 0, 0, 0, 0, 0, 0, 0, ...varint(n + 1)], [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], size),
    ],
  ]

  it.each(cases)('%s, 50 MB of them, is refused before it becomes many times as much', (_, api, version, make) => {
    const bytes = make(50 * MEGABYTE)
    const heap = process.memoryUsage().heapUsed
    const started = performance.now()
    const error = thrownBy(() => decodeResponse(api, version, bytes))
    expect(error).toBeInstanceOf(DecodeError)
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(200 * MEGABYTE)
  })

  it('is read where it tells of a million partitions with three replicas each', () => {
    const partition = { errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 5, replicaNodes: [1, 2, 3], isrNodes: [1, 2, 3] }
    const told = (partitions: (typeof partition)[]) => {
      const topics = [{ errorCode: 0, name: 'large', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', isInternal: false, partitions }]
      return Metadata.response.encode(13, { brokers: [], clusterId: 'c', controllerId: 1, topics })
    }
    const [none, one, two] = [told([]), told([partition]), told([partition, partition])]
    const element = one.length - none.length
    // The count is one byte in these, and the elements begin right after it.
    const at = none.findIndex((byte, index) => byte !== one[index])
    const million = repeated((n) => varint(n + 1), [...one.subarray(at + 1, at + 1 + element)], 1_000_000 * element + 20)
    expect(two.subarray(at + 1 + element, at + 1 + 2 * element)).toEqual(one.subarray(at + 1, at + 1 + element))
    const elements = million.subarray(0, varint(1_000_001).length + 1_000_000 * element)
    const bytes = Buffer.concat([none.subarray(0, at), elements, none.subarray(at + 1)])
    expect(Metadata.response.decode(13, bytes).topics[0]!.partitions).toHaveLength(1_000_000)
  })
})

describe('every response in every version', () => {
  const apis = Object.values(protocol).filter(
    (value): value is AnyApi => typeof value === 'object' && value !== null && 'response' in value,
  )
  const endings = ['00', '01', '7f', '80', 'ff', 'ffffffff', '7fffffff', '80000000', 'feffffff0f', 'ffffffffffffffffffff'].map((hex) =>
    Buffer.from(hex, 'hex'),
  )

  it('is a value or a DecodeError, soon, whatever short bytes it is read from', () => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    let slowest = 0
    for (const api of apis) {
      for (let version = api.versions.min; version <= api.versions.max; version++) {
        for (const ending of endings) {
          for (const filler of [0, 1, 127, 255]) {
            for (const length of [0, 1, 2, 5, 9, 16, 33, 64]) {
              const bytes = Buffer.concat([Buffer.alloc(4 + length, filler), ending])
              const started = performance.now()
              const error = thrownBy(() => decodeResponse(api, version, bytes))
              slowest = Math.max(slowest, performance.now() - started)
              if (error !== undefined && !DecodeError.is(error)) throw error
            }
          }
        }
      }
    }
    expect(slowest).toBeLessThan(1_000)
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
  })
})

describe('text from the wire', () => {
  it.each([
    ['invalid UTF-8', 'ff80c3'],
    ['half a surrogate', 'eda080'],
    ['NUL', '00'],
    ['an escape sequence', '1b5b324a'],
    ['a byte order mark', 'efbbbf61'],
  ])('with %s is text', (_, hex) => {
    const text = Buffer.from(hex, 'hex')
    const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, text.length]), text])
    expect(typeof decodeResponse(SaslHandshake, 1, bytes).body.mechanisms[0]).toBe('string')
  })
})

describe('Reader', () => {
  it('never reads beyond its end, whatever it is asked for', () => {
    const canary = Buffer.from('0000ca9a57ca9a57ca9a57ca9a57ca9a57ca9a57', 'hex')
    const reads: ((reader: Reader) => unknown)[] = [
      (r) => r.int16(),
      (r) => r.uint16(),
      (r) => r.int32(),
      (r) => r.uint32(),
      (r) => r.int64(),
      (r) => r.float64(),
      (r) => r.uuid(),
      (r) => r.string(2),
      (r) => r.bytes(2),
      (r) => r.string(-1),
      (r) => r.bytes(-1),
      (r) => r.bytes(2 ** 32),
      (r) => r.skip(Number.POSITIVE_INFINITY),
    ]
    for (const read of reads) expect(thrownBy(() => read(new Reader(canary, 0, 1)))).toBeInstanceOf(DecodeError)
  })
})
