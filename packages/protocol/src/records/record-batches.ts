import { DecodeError } from '../errors/decode-error.ts'
import { BATCH_LENGTH, LOG_OVERHEAD, MAGIC, RECORDS } from './batch-layout.ts'
import { DefaultRecordBatch } from './default-record-batch.ts'
import { smallestMessage } from './legacy-message.ts'
import { LegacyRecordBatch } from './legacy-record-batch.ts'
import type { RecordBatch } from './record-batch.ts'

// What a message of magic 0 takes without key and value: no batch of any format is smaller.
const SMALLEST = 14

/** The complete batches of some bytes, one after another. Made by {@link recordBatches}. */
export class RecordBatches implements IterableIterator<RecordBatch> {
  readonly #buffer: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes after the batches that were handed out so far; at the end, those of a last batch that is cut off. */
  get remaining(): number {
    return this.#buffer.length - this.#at
  }

  /** The next complete batch, or undefined. */
  take(): RecordBatch | undefined {
    const buffer = this.#buffer
    const at = this.#at
    const available = buffer.length - at
    if (available < LOG_OVERHEAD) return undefined
    const length = buffer.readInt32BE(at + BATCH_LENGTH)
    if (length < SMALLEST) this.#fail(`its length is ${length}`)
    if (available <= MAGIC) return undefined
    const magic = buffer.readInt8(at + MAGIC)
    const size = LOG_OVERHEAD + length
    if (magic < 0 || magic > 2) {
      throw new DecodeError(`the record batch at byte ${at} has magic ${magic}, a format that does not exist`, {
        code: 'UNKNOWN_MAGIC',
        position: at,
      })
    }
    if (size < (magic === 2 ? RECORDS : smallestMessage(magic))) this.#fail(`its length is ${length}, less than its header takes`)
    if (available < size) return undefined
    this.#at = at + size
    return magic === 2 ? new DefaultRecordBatch(buffer, at, size) : new LegacyRecordBatch(buffer, at, size)
  }

  /** {@link take}, as iterators have it. */
  next(): IteratorResult<RecordBatch, undefined> {
    const value = this.take()
    return value === undefined ? { done: true, value } : { done: false, value }
  }

  /** Itself: batches are walked once. */
  [Symbol.iterator](): this {
    return this
  }

  #fail(what: string): never {
    throw new DecodeError(`the record batch at byte ${this.#at} is malformed: ${what}`, { position: this.#at })
  }
}

/**
 * The batches of a fetch response's (or a produce request's) records, in order. A last batch that is cut off is normal in a fetch and left out:
 * `remaining` then tells how many bytes of it are there.
 * @throws DecodeError while iterating, with `UNKNOWN_MAGIC`, or `MALFORMED_MESSAGE` for a length that no batch can have
 */
export function recordBatches(bytes: Uint8Array): RecordBatches {
  return new RecordBatches(bytes)
}
