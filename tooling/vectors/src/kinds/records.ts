import {
  Codecs,
  compressionTypes,
  DecodeError,
  downConvert,
  incrementSequence,
  type RecordBatch,
  RecordBatchBuilder,
  type RecordReader,
  readControlType,
  recordBatches,
} from '@k/protocol'
import { allCodecs } from '../codecs.ts'
import { expectSame, expectSameHex, expectSameJson, Mismatch } from '../outcome.ts'

interface RecordJson {
  readonly offset: string
  readonly timestamp: string
  readonly sequence?: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
  readonly controlType?: string
}

interface BatchJson {
  readonly position: number
  readonly size: number
  readonly magic: number
  readonly attributes: number
  readonly checksum: number
  readonly valid: boolean
  /** Missing where the number stands for nothing. */
  readonly compressionType?: string
  readonly timestampType: string
  readonly baseOffset: string
  readonly lastOffset: string
  readonly maxTimestamp: string
  /** Missing where there is an error. */
  readonly records?: readonly RecordJson[]
  readonly error?: string
  readonly partitionLeaderEpoch?: number
  readonly baseTimestamp?: string
  readonly deleteHorizonMs?: string | null
  readonly producerId?: string
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly lastSequence?: number
  readonly isTransactional?: boolean
  readonly isControlBatch?: boolean
  readonly count?: number
}

export interface RecordsVector {
  /** Whether writing the records anew gives the same bytes. */
  readonly rebuild: boolean
  readonly batches: readonly BatchJson[]
  /** Bytes after the last complete batch. */
  readonly remaining: number
  readonly base64: string
  readonly error?: string
}

const NO_SEQUENCE = -1
const codecs = new Codecs(allCodecs)
const base64 = (bytes: Buffer | null) => bytes?.toString('base64') ?? null
const fromBase64 = (text: string | null) => (text === null ? null : Buffer.from(text, 'base64'))

// Where a compressed set of old messages begins is known only when it is decompressed.
const hidesBaseOffset = (batch: RecordBatch) => batch.magic < 2 && batch.compressionType !== 0

function expectHeader(path: string, expected: BatchJson, got: RecordBatch): void {
  const compressionType = compressionTypes[got.compressionType]
  const common = {
    position: got.position,
    size: got.sizeInBytes,
    magic: got.magic,
    attributes: got.attributes,
    checksum: got.checksum,
    valid: got.isValid(),
    compressionType,
    timestampType: got.timestampType,
    ...(hidesBaseOffset(got) ? {} : { baseOffset: `${got.baseOffsetBigInt}` }),
    lastOffset: `${got.lastOffsetBigInt}`,
    maxTimestamp: `${got.maxTimestampBigInt}`,
  }
  const ofMagic2 = {
    partitionLeaderEpoch: got.partitionLeaderEpoch,
    baseTimestamp: `${got.baseTimestampBigInt}`,
    deleteHorizonMs: got.deleteHorizonMs === undefined ? null : `${got.deleteHorizonMs}`,
    producerId: `${got.producerId}`,
    producerEpoch: got.producerEpoch,
    baseSequence: got.baseSequence,
    lastSequence: got.lastSequence,
    isTransactional: got.isTransactional,
    isControlBatch: got.isControl,
    count: got.count,
  }
  const fields: Record<string, unknown> = got.magic === 2 ? { ...common, ...ofMagic2 } : common
  for (const [name, value] of Object.entries(fields)) expectSame(`${path}.${name}`, expected[name as keyof BatchJson], value)
}

function recordJson(batch: RecordBatch, reader: RecordReader): RecordJson {
  const { baseSequence } = batch
  const key = reader.key()
  return {
    offset: `${reader.offsetBigInt}`,
    timestamp: `${reader.timestampBigInt}`,
    ...(batch.magic < 2
      ? {}
      : { sequence: baseSequence === NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(baseSequence, reader.offsetDelta) }),
    key: base64(key),
    value: base64(reader.value()),
    headers: reader.headers().map(([name, value]) => [name, base64(value)] as const),
    ...(batch.isControl ? { controlType: readControlType(key) } : {}),
  }
}

async function readRecords(batch: RecordBatch): Promise<RecordJson[]> {
  batch.ensureValid()
  const reader = await batch.records(codecs)
  const records: RecordJson[] = []
  while (reader.next()) records.push(recordJson(batch, reader))
  return records
}

function expectRecords(path: string, expected: readonly RecordJson[], got: readonly RecordJson[]): void {
  expectSame(`${path}.length`, expected.length, got.length)
  expected.forEach((record, i) => {
    for (const name of Object.keys(record) as (keyof RecordJson)[]) {
      expectSameJson(`${path}[${i}].${name}`, record[name], got[i]?.[name])
    }
  })
}

async function checkBatch(path: string, expected: BatchJson, batch: RecordBatch): Promise<void> {
  expectHeader(path, expected, batch)
  let records: RecordJson[]
  try {
    records = await readRecords(batch)
  } catch (error) {
    if (!DecodeError.is(error)) throw error
    if (expected.error === undefined) throw error
    return
  }
  if (expected.error !== undefined) throw new Mismatch(path, `the error ${expected.error}`, records)
  expectRecords(`${path}.records`, expected.records ?? [], records)
  if (hidesBaseOffset(batch)) expectSame(`${path}.baseOffset`, expected.baseOffset, records[0]?.offset)
}

async function rebuilt(batch: BatchJson): Promise<Buffer> {
  const builder = new RecordBatchBuilder()
  const baseOffset = BigInt(batch.baseOffset)
  for (const { offset, timestamp, key, value, headers } of batch.records ?? []) {
    const pairs = headers.map(([name, bytes]) => [name, fromBase64(bytes)] as const)
    builder.appendAt(Number(BigInt(offset) - baseOffset), BigInt(timestamp), fromBase64(key), fromBase64(value), pairs)
  }
  if (batch.magic < 2) {
    const [current] = recordBatches(builder.close({ baseOffset }))
    return downConvert(await (current as RecordBatch).records(), { magic: batch.magic as 0 | 1 })
  }
  return builder.close({
    baseOffset,
    partitionLeaderEpoch: batch.partitionLeaderEpoch as number,
    producerId: BigInt(batch.producerId as string),
    producerEpoch: batch.producerEpoch as number,
    baseSequence: batch.baseSequence as number,
    isTransactional: batch.isTransactional as boolean,
    isControl: batch.isControlBatch as boolean,
  })
}

function takeBatches(bytes: Buffer, expectedError: string | undefined): { batches: RecordBatch[]; remaining: number } | undefined {
  const batches = recordBatches(bytes)
  try {
    const all = [...batches]
    return { batches: all, remaining: batches.remaining }
  } catch (error) {
    if (expectedError === undefined || !DecodeError.is(error)) throw error
    return undefined
  }
}

/** Fetched bytes: which batches are in them, what their headers say, and their records; and the same bytes written by us. */
export async function checkRecords({ rebuild, batches: expected, remaining, base64: text, error }: RecordsVector): Promise<void> {
  const bytes = Buffer.from(text, 'base64')
  const taken = takeBatches(bytes, error)
  if (taken === undefined) return
  if (error !== undefined) throw new Mismatch('error', error, `${taken.batches.length} batches`)
  expectSame('batches.length', expected.length, taken.batches.length)
  expectSame('remaining', remaining, taken.remaining)
  for (const [i, batch] of taken.batches.entries()) await checkBatch(`batches[${i}]`, expected[i] as BatchJson, batch)
  if (!rebuild) return
  for (const [i, batch] of expected.entries()) {
    const { position, size } = batch
    expectSameHex(`batches[${i}], rebuilt`, bytes.toString('hex', position, position + size), (await rebuilt(batch)).toString('hex'))
  }
}
