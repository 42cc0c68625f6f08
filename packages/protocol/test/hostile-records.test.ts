import zlib from 'node:zlib'
import { type Codec, Codecs, DecodeError, RecordBatchBuilder, type RecordReader, recordBatches, unzstd, zstdIsSupported } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { seal } from './records/seal.ts'
import { thrownBy } from './records/thrown-by.ts'

describe.runIf(zstdIsSupported)('zstd frames that hold nothing', () => {
  const empty = Buffer.from('28b52ffd2000010000', 'hex')
  const skippable = Buffer.from('502a4d1800000000', 'hex')

  it.each([
    ['empty ones, at once', empty, 200_000],
    ['empty ones, in the pool', empty, 2_000_000],
    ['skippable ones, at once', skippable, 200_000],
    ['skippable ones, in the pool', skippable, 2_000_000],
  ])('in great number are refused: %s', async (_, frame, size) => {
    const bytes = Buffer.alloc(size - (size % frame.length), frame)
    const started = performance.now()
    expect(await thrownBy(() => unzstd(bytes, 1_000_000))).toMatchObject({ name: 'DecodeError', code: 'DECOMPRESSION_FAILED' })
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('in small number do not matter', async () => {
    const text = zlib.zstdCompressSync(Buffer.from('text'))
    const frames = Array.from({ length: 50 }, () => [empty, text, skippable]).flat()
    expect((await unzstd(Buffer.concat(frames), 1_000)).toString()).toBe('text'.repeat(50))
  })
})

describe('a codec of somebody else', () => {
  const bad: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('out of memory')
      },
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ],
    ['rejects', () => Promise.reject(new Error('out of memory'))],
    ['returns nothing', () => undefined],
    ['returns null', () => null],
    ['returns text', () => 'text'],
    ['returns a promise of nothing', async () => undefined],
    ['returns a promise of text', async () => 'text'],
    ['returns a promise of an array', async () => [1, 2]],
  ]

  it.each(bad)('that %s ends in DECOMPRESSION_FAILED', async (_, decompress) => {
    const codec = { id: 2, name: 'snappy', compress: (bytes: Uint8Array) => bytes, decompress } as unknown as Codec
    const builder = new RecordBatchBuilder()
    builder.append(1, 'k', 'v')
    const bytes = builder.close({ codec: { ...codec, decompress: () => Buffer.alloc(0) } }) as Buffer
    const batch = recordBatches(bytes).take()!
    const error = await thrownBy(() => batch.records(new Codecs([codec])))
    expect(DecodeError.is(error, 'DECOMPRESSION_FAILED')).toBe(true)
    expect((error as Error).message).toMatch(/snappy/)
  })
})

describe('a record that ends where its batch ends, inside other bytes', () => {
  // A length of 0 is followed by fields that the neighbour would have to lend.
  it.each(['00', '02', '04', '06', '0a'])('never takes a byte of the neighbour (length %s)', (length) => {
    const builder = new RecordBatchBuilder()
    builder.append(1, null, null)
    const batch = Buffer.from(builder.close())
    const neighbour = Buffer.from('canary-ca9a57-canary')
    for (let cut = 0; cut < 8; cut++) {
      const body = Buffer.alloc(8)
      Buffer.from(length, 'hex').copy(body)
      const hostile = Buffer.concat([batch.subarray(0, 61), body.subarray(0, cut)])
      hostile.writeInt32BE(hostile.length - 12, 8)
      seal(hostile)
      let seen = ''
      let error: unknown
      try {
        const reader = recordBatches(Buffer.concat([hostile, neighbour]))
          .take()!
          .records() as RecordReader
        while (reader.next()) seen += `${reader.key()} ${reader.value()} ${JSON.stringify(reader.headers())}`
      } catch (caught) {
        error = caught
      }
      expect(DecodeError.is(error)).toBe(true)
      expect(seen).not.toMatch(/canary|ca9a/)
    }
  })
})
