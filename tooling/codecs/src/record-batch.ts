import { type Codec, Codecs, RecordBatchBuilder, recordBatches } from '@k/protocol'
import { expect } from 'vitest'
import { text } from './samples.ts'

/** Compresses a record batch to less than half of its size, and reads it with each of these sets of codecs. */
export async function expectRecordBatch(codec: Codec, readers: readonly (readonly Codec[])[]): Promise<void> {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < 500; i++) builder.append(1_700_000_000_000 + i, `key-${i}`, text(100))
  const uncompressed = builder.size
  const bytes = await builder.close({ codec })
  expect(bytes.length).toBeLessThan(uncompressed / 2)
  for (const codecs of readers) {
    const [batch] = recordBatches(bytes)
    batch!.ensureValid()
    const reader = await batch!.records(new Codecs(codecs))
    const keys: string[] = []
    while (reader.next()) keys.push(reader.key()!.toString())
    expect(keys).toEqual(Array.from({ length: 500 }, (_, i) => `key-${i}`))
  }
}
