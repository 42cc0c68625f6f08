import { type CallOptions, type ItemResult, ItemsError } from '@k/network'
import { DeliveryError, type ProduceError, produceError, type Reason } from './errors.ts'
import type { ProducerRecord } from './producer-record.ts'
import { RecordMetadata } from './record-metadata.ts'

/** Who wants to know how a record ended. */
export interface Delivery {
  /** Called once. @param error - undefined where it is written @param metadata - what was handed in with the record */
  ended(error: ProduceError | undefined, metadata: RecordMetadata | undefined): void
}

/** What a user hands to `enqueue` to hear how a record ended: an error, or where the record is. */
export type OnDelivery = (error: ProduceError | undefined, metadata: RecordMetadata | undefined) => void

/** What `enqueue` takes besides the record. */
export interface EnqueueOptions extends CallOptions {
  /** Called once, when the record is acknowledged or has failed. */
  readonly onDelivery?: OnDelivery | undefined
}

type AnyRecord = ProducerRecord<unknown, unknown>
type Resolve = (value: RecordMetadata | RecordMetadata[]) => void
type Reject = (reason: unknown) => void

// An executor of its own for every promise would be a closure for every record.
let resolveOfLast: Resolve
let rejectOfLast: Reject
function capture(resolve: Resolve, reject: Reject): void {
  resolveOfLast = resolve
  rejectOfLast = reject
}

/** The `send` of one record, or of many: one promise for all. */
export class PendingSend implements Delivery {
  readonly promise: Promise<RecordMetadata | RecordMetadata[]>
  /** One for each of many records, in the order of the call; also while they are unfinished. Undefined for one record. */
  readonly metadata: RecordMetadata[] | undefined
  readonly #records: AnyRecord | readonly AnyRecord[]
  readonly #errors: Map<RecordMetadata, ProduceError> | undefined
  readonly #resolve: Resolve
  readonly #reject: Reject
  #remaining = 1
  #onSettled: (() => void) | undefined

  constructor(records: AnyRecord | readonly AnyRecord[]) {
    this.promise = new Promise(capture)
    this.#resolve = resolveOfLast
    this.#reject = rejectOfLast
    this.#records = records
    if (!isMany(records)) return
    this.metadata = records.map(() => new RecordMetadata())
    this.#errors = new Map()
    this.#remaining = records.length
    if (records.length === 0) this.#settle()
  }

  ended(error: ProduceError | undefined, metadata: RecordMetadata | undefined): void {
    this.#remaining -= 1
    if (error !== undefined) {
      if (this.#errors === undefined) this.reject(error)
      else this.#errors.set(metadata!, error)
    }
    if (this.#remaining === 0) this.#settle(metadata)
  }

  /** Ends the waiting. What is still told finds nobody. */
  reject(reason: unknown): void {
    this.#remaining = 0
    this.#reject(reason)
    this.#onSettled?.()
  }

  /** Ends the waiting: what has not ended yet has failed. */
  failRest(errorOf: (record: AnyRecord, index: number) => ProduceError): void {
    const records = this.#records
    if (!isMany(records)) {
      this.reject(errorOf(records, 0))
      return
    }
    for (const [i, metadata] of this.metadata!.entries()) {
      if (!metadata.hasOffset && !this.#errors!.has(metadata)) this.#errors!.set(metadata, errorOf(records[i]!, i))
    }
    this.#remaining = 0
    this.#settle()
  }

  /** Stops waiting when `signal` aborts. @param cancel - takes back what is not in the buffer yet, and answers what that was */
  abortOn(signal: AbortSignal, cancel: () => readonly { readonly metadata: RecordMetadata | undefined }[]): void {
    if (this.#remaining <= 0) return
    const abort = () => {
      const cancelled = new Set(cancel().map(({ metadata }) => metadata))
      const reason: Reason = { code: 'ABORTED', message: 'the signal was aborted', cause: signal.reason }
      if (cancelled.size === (this.metadata?.length ?? 1)) this.reject(signal.reason)
      else this.failRest((record, i) => produceError(reason, record, !cancelled.has(this.metadata?.[i])))
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#onSettled = () => signal.removeEventListener('abort', abort)
  }

  #settle(last?: RecordMetadata): void {
    const errors = this.#errors
    if (!errors?.size) this.#resolve(this.metadata ?? last!)
    else {
      const results = this.metadata!.map((value, i): ItemResult<AnyRecord, RecordMetadata> => {
        const item = (this.#records as readonly AnyRecord[])[i]!
        const error = errors.get(value)
        return error === undefined ? { ok: true, item, value } : { ok: false, item, error }
      })
      this.#reject(new ItemsError('send', results))
    }
    this.#onSettled?.()
  }
}

/** Whether a call is one for many records. */
export function isMany<T>(records: T | readonly T[]): records is readonly T[] {
  return Array.isArray(records)
}

/** Hands on to a callback how enqueued records end. */
export class PendingCallback implements Delivery {
  readonly onDelivery: OnDelivery
  readonly #onThrown: (error: unknown) => void

  constructor(onDelivery: OnDelivery, onThrown: (error: unknown) => void) {
    this.onDelivery = onDelivery
    this.#onThrown = onThrown
  }

  ended(error: ProduceError | undefined, metadata: RecordMetadata | undefined): void {
    callGuarded(this.#onThrown, this.onDelivery, error, error === undefined ? metadata : undefined)
  }
}

/** Calls a user's function. What it throws, at once or later, is handed to `onThrown` and harms nobody else. */
export function callGuarded<A, B>(onThrown: (error: unknown) => void, call: (a: A, b: B) => unknown, a: A, b: B): void {
  try {
    const answer = call(a, b)
    if (answer instanceof Promise) answer.catch(onThrown)
  } catch (error) {
    onThrown(error)
  }
}

/** Records that were enqueued without a callback: their failures are counted until somebody asks. */
export class UnheardDeliveries implements Delivery {
  #count = 0
  #first: ProduceError | undefined

  ended(error: ProduceError | undefined): void {
    if (error === undefined) return
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
