import zlib from 'node:zlib'
import { type Codec, Codecs, DecodeError, downConvert, gunzip, RecordBatchBuilder, type RecordReader, recordBatches } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchOf } from './read-all.ts'
import { seal } from './seal.ts'

const NOW = 1_700_000_000_000
const MAX_BYTES = 100_000
const gzip: Codec = { id: 1, name: 'gzip', compress: (bytes) => zlib.gzipSync(bytes), decompress: gunzip }
const codecs = new Codecs()

function builder(): RecordBatchBuilder {
  const builder = new RecordBatchBuilder()
  builder.append(NOW, 'key', 'value', [
    ['a', 'b'],
    ['c', null],
  ])
  builder.append(NOW + 2 ** 40, null, Buffer.alloc(200, 7))
  builder.append(NOW - 5, '', null)
  return builder
}

const plain = Buffer.from(builder().close({ baseOffset: 10 }))
const compressed = builder().close({ codec: gzip }) as Buffer
const records = new RecordBatchBuilder()
for (let i = 0; i < 3; i++) records.append(NOW, 'key', `value ${i}`)
const legacy = ([0, 1] as const).flatMap((magic) =>
  [undefined, gzip].map((codec) => downConvert(batchOf(records.close()).records() as RecordReader, { magic, codec }) as Buffer),
)

// Lengths and counts that lie the most: 0, -1, 2^31 - 1, varints that never end.
const lie = fc.constantFrom(
  ...['00', '01', '7f', '80', 'ff', 'ffffffff', '7fffffff', '80000000', 'feffffff0f', 'ffffffffffffffffffffff', '00000000'].map((hex) =>
    Buffer.from(hex, 'hex'),
  ),
)

type Mutation = (bytes: Buffer) => Buffer

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fc.nat(1000), lie).map(
    ([at, lie]): Mutation =>
      (bytes) => {
        lie.copy(bytes, at % bytes.length)
        return bytes
      },
  ),
  fc.tuple(fc.nat(1000), fc.nat(255)).map(
    ([at, byte]): Mutation =>
      (bytes) => {
        bytes[at % bytes.length] = byte
        return bytes
      },
  ),
  fc.nat(1000).map(
    (length): Mutation =>
      (bytes) =>
        Buffer.from(bytes.subarray(0, length % (bytes.length + 1))),
  ),
  fc.tuple(fc.nat(1000), fc.uint8Array({ maxLength: 20 })).map(
    ([at, extra]): Mutation =>
      (bytes) => {
        const cut = at % (bytes.length + 1)
        return Buffer.concat([bytes.subarray(0, cut), extra, bytes.subarray(cut)])
      },
  ),
)

const input = fc
  .tuple(fc.constantFrom(plain, plain, compressed, ...legacy), fc.array(mutation, { maxLength: 3 }), fc.boolean())
  .map(([bytes, mutations, fixLength]) => {
    const mutated = mutations.reduce<Buffer>((bytes, mutate) => mutate(bytes), Buffer.from(bytes))
    if (fixLength && mutated.length >= 12) mutated.writeInt32BE(mutated.length - 12, 8)
    return mutated.length >= 61 && mutated[16] === 2 ? seal(mutated) : mutated
  })

/** Reads all that can be read; returns how many records there were. Checksums are not looked at, so that every mutation gets through. */
async function read(bytes: Buffer): Promise<number> {
  let count = 0
  for (const batch of recordBatches(bytes)) {
    batch.isValid()
    const reader = await batch.records(codecs, MAX_BYTES)
    while (reader.next()) {
      reader.key()
      reader.value()
      reader.headers()
      expect(reader.timestamp).toBe(Number(reader.timestampBigInt))
      expect(reader.offsetBigInt).toBeGreaterThanOrEqual(0n)
      count++
    }
  }
  return count
}

async function expectRecordsOrDecodeError(bytes: Buffer): Promise<void> {
  try {
    // A record takes seven bytes at least.
    expect(await read(bytes)).toBeLessThanOrEqual(Math.max(bytes.length, MAX_BYTES) / 7)
  } catch (error) {
    if (!DecodeError.is(error)) throw error
  }
}

describe('whatever the bytes are, reading them ends in records or in a DecodeError', () => {
  it('when they are a batch with lies in it', async () => {
    await fc.assert(fc.asyncProperty(input, expectRecordsOrDecodeError), { numRuns: 5000 })
  })

  it('when they are anything', async () => {
    const head = fc.tuple(fc.integer({ min: -20, max: 400 }), fc.integer({ min: -1, max: 3 }))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), head, async (noise, [length, magic]) => {
        const bytes = Buffer.from(noise)
        if (bytes.length > 16) {
          bytes.writeInt32BE(length, 8)
          bytes.writeInt8(magic, 16)
        }
        await expectRecordsOrDecodeError(bytes)
      }),
      { numRuns: 2000 },
    )
  })

  it('and what was not changed is read', async () => {
    expect(await read(plain)).toBe(3)
    expect(await read(compressed)).toBe(3)
    for (const bytes of legacy) expect(await read(bytes)).toBe(3)
  })
})
