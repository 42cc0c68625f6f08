import { type CallOptions, type ItemResult, ItemsError } from '@k/network'
import { DeliveryError, type ProduceError, produceError } from './errors.ts'
import type { ProducerRecord } from './producer-record.ts'
import type { RecordMetadata } from './record-metadata.ts'

/** Who wants to know how a record ended. One of the two is called, once, with the metadata that was handed in with the record. */
export interface Delivery {
  delivered(metadata: RecordMetadata): void
  failed(error: ProduceError, metadata: RecordMetadata | undefined): void
}

/** What a user hands to `enqueue` to hear how a record ended: an error, or where the record is. */
export type OnDelivery = (error: ProduceError | undefined, metadata: RecordMetadata | undefined) => void

/** What `enqueue` takes besides the record. */
export interface EnqueueOptions extends CallOptions {
  /** Called once, when the record is acknowledged or has failed. */
  readonly onDelivery?: OnDelivery | undefined
}

type AnyRecord = ProducerRecord<unknown, unknown>
type Resolve<T> = (value: T) => void
type Reject = (reason: unknown) => void

// An executor of its own for every promise would be a closure for every record.
let resolveOfLast: Resolve<RecordMetadata>
let rejectOfLast: Reject
function capture(resolve: Resolve<RecordMetadata>, reject: Reject): void {
  resolveOfLast = resolve
  rejectOfLast = reject
}

/** The `send` of one record. */
export class PendingSend implements Delivery {
  readonly promise: Promise<RecordMetadata>
  /** Called when the promise has settled. */
  onSettled: (() => void) | undefined
  readonly #resolve: Resolve<RecordMetadata>
  readonly #reject: Reject
  #isSettled = false

  constructor() {
    this.promise = new Promise(capture)
    this.#resolve = resolveOfLast
    this.#reject = rejectOfLast
    this.onSettled = undefined
  }

  delivered(metadata: RecordMetadata): void {
    this.#isSettled = true
    this.#resolve(metadata)
    this.onSettled?.()
  }

  failed(error: unknown): void {
    this.#isSettled = true
    this.#reject(error)
    this.onSettled?.()
  }

  /** Stops waiting when `signal` aborts. @param cancel - takes the record back; false where it is in the buffer already */
  abortOn(signal: AbortSignal, { topic, partition }: Pick<AnyRecord, 'topic' | 'partition'>, cancel: () => boolean): void {
    if (this.#isSettled) return
    this.onSettled = onAbort(signal, () => this.failed(cancel() ? signal.reason : aborted(signal, topic, partition, true)))
  }
}

/** The `send` of many records: one promise for all. */
export class PendingSends implements Delivery {
  readonly promise: Promise<RecordMetadata[]>
  /** Called when the promise has settled. */
  onSettled: (() => void) | undefined
  /** One for each record, in the order of the call; also while they are unfinished. */
  readonly metadata: RecordMetadata[] = []
  readonly #records: readonly AnyRecord[]
  readonly #errors = new Map<number, ProduceError>()
  #remaining: number
  #indexes: Map<RecordMetadata, number> | undefined
  #resolve!: Resolve<RecordMetadata[]>
  #reject!: Reject

  constructor(records: readonly AnyRecord[]) {
    this.#records = records
    this.#remaining = records.length
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (records.length === 0) this.#finish()
  }

  delivered(): void {
    this.#remaining -= 1
    if (this.#remaining === 0) this.#finish()
  }

  failed(error: ProduceError, metadata: RecordMetadata | undefined): void {
    this.#indexes ??= new Map(this.metadata.map((one, index) => [one, index]))
    const index = metadata && this.#indexes.get(metadata)
    if (index !== undefined) this.#errors.set(index, error)
    this.delivered()
  }

  /** Ends the waiting for records of which none was appended. */
  reject(reason: unknown): void {
    this.#reject(reason)
    this.onSettled?.()
  }

  /** Stops waiting when `signal` aborts. @param cancel - takes back those records that are not in the buffer yet */
  abortOn(signal: AbortSignal, cancel: () => readonly { readonly metadata: RecordMetadata | undefined }[]): void {
    if (this.#remaining === 0) return
    this.onSettled = onAbort(signal, () => {
      const cancelled = new Set(cancel().map(({ metadata }) => metadata))
      if (cancelled.size === this.#records.length) {
        this.reject(signal.reason)
        return
      }
      for (const [index, metadata] of this.metadata.entries()) {
        if (metadata.hasOffset || this.#errors.has(index)) continue
        const { topic, partition } = this.#records[index]!
        this.#errors.set(index, aborted(signal, topic, partition, !cancelled.has(metadata)))
      }
      // What is still told finds nobody waiting.
      this.#remaining = 0
      this.#finish()
    })
  }

  #finish(): void {
    if (this.#errors.size === 0) this.#resolve(this.metadata)
    else
      this.#reject(
        new ItemsError(
          'send',
          this.metadata.map((metadata, index) => this.#resultOf(metadata, index)),
        ),
      )
    this.onSettled?.()
  }

  #resultOf(value: RecordMetadata, index: number): ItemResult<AnyRecord, RecordMetadata> {
    const item = this.#records[index]!
    const error = this.#errors.get(index)
    return error === undefined ? { ok: true, item, value } : { ok: false, item, error }
  }
}

/** Hands on to a callback how enqueued records end. What the callback throws is handed to `onThrown` and harms nobody else. */
export class PendingCallback implements Delivery {
  readonly onDelivery: OnDelivery
  readonly #onThrown: (error: unknown) => void

  constructor(onDelivery: OnDelivery, onThrown: (error: unknown) => void) {
    this.onDelivery = onDelivery
    this.#onThrown = onThrown
  }

  delivered(metadata: RecordMetadata): void {
    this.#call(undefined, metadata)
  }

  failed(error: ProduceError): void {
    this.#call(error, undefined)
  }

  #call(error: ProduceError | undefined, metadata: RecordMetadata | undefined): void {
    try {
      const answer: unknown = this.onDelivery(error, metadata)
      // An async callback that rejects must not end the process.
      if (answer instanceof Promise) answer.catch(this.#onThrown)
    } catch (thrown) {
      this.#onThrown(thrown)
    }
  }
}

/** Records that were enqueued without a callback: their failures are counted until somebody asks. */
export class UnheardDeliveries implements Delivery {
  #count = 0
  #first: ProduceError | undefined

  delivered(): void {}

  failed(error: ProduceError): void {
    this.#count += 1
    this.#first ??= error
  }

  /** @throws DeliveryError where any have failed since the last time */
  throwIfAny(): void {
    const count = this.#count
    const first = this.#first
    this.#count = 0
    this.#first = undefined
    if (first !== undefined) throw new DeliveryError(count, first)
  }
}

/** Calls `act` when the signal aborts, until the returned function is called. */
function onAbort(signal: AbortSignal, act: () => void): () => void {
  signal.addEventListener('abort', act, { once: true })
  return () => signal.removeEventListener('abort', act)
}

function aborted(signal: AbortSignal, topic: string, partition: number | undefined, maybeWritten: boolean): ProduceError {
  const reason = { code: 'ABORTED', message: 'the signal was aborted', cause: signal.reason } as const
  return produceError(reason, { topic, partition, maybeWritten })
}
