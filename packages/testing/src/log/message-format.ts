import { type Codecs, DecodeError, downConvert, type RecordBatch, RecordBatchBuilder, recordBatches } from '@k/protocol'

/**
 * A message set of magic 0 or 1, as clients before Kafka 0.11 send it, as one batch of magic 2 without compression.
 * @throws DecodeError for bytes that are not what they say, or in a compression that was not handed in
 */
export async function upConverted(set: Buffer, codecs: Codecs): Promise<Buffer> {
  const builder = new RecordBatchBuilder()
  for (const batch of recordBatches(set)) {
    if (batch.magic === 2) throw new DecodeError('a batch of magic 2 came in a version that knows messages alone')
    batch.ensureValid()
    const reader = await batch.records(codecs)
    while (reader.next()) builder.append(reader.timestamp, reader.key(), reader.value())
  }
  return Buffer.from(builder.close({}) as Buffer)
}

/** Batches of magic 2 as a message set; headers, which it has no place for, are left out, as Kafka does it. */
export async function downConverted(batches: Buffer, magic: 0 | 1, codecs: Codecs): Promise<Buffer> {
  const sets: Buffer[] = []
  for (const batch of recordBatches(batches)) {
    // What ends a transaction is nothing that old clients could read.
    if (batch.isControl) continue
    sets.push(...(await messagesOf(batch, magic, codecs)))
  }
  return Buffer.concat(sets)
}

async function messagesOf(batch: RecordBatch, magic: 0 | 1, codecs: Codecs): Promise<Buffer[]> {
  const reader = await batch.records(codecs)
  let hasHeaders = false
  while (reader.next()) hasHeaders ||= reader.headerCount > 0
  if (!hasHeaders) return [await downConvert(await batch.records(codecs), { magic })]
  const again = await batch.records(codecs)
  const sets: Buffer[] = []
  // Each written anew, where it was.
  while (again.next()) {
    const builder = new RecordBatchBuilder()
    builder.append(again.timestamp, again.key(), again.value())
    const bytes = builder.close({ baseOffset: again.offsetBigInt }) as Buffer
    sets.push(await downConvert(await (recordBatches(bytes).take() as RecordBatch).records(codecs), { magic }))
  }
  return sets
}
