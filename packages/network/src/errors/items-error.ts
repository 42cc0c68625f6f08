import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from '@k/protocol'

/** An item that succeeded. */
export interface SucceededItem<I = unknown, T = unknown> {
  /** Tells it from one that failed. */
  readonly ok: true
  /** What the call was given. */
  readonly item: I
  /** What came of it. */
  readonly value: T
}

/** An item that failed. */
export interface FailedItem<I = unknown> {
  /** Tells it from one that succeeded. */
  readonly ok: false
  /** What the call was given. */
  readonly item: I
  /** Why it failed. */
  readonly error: KafkaError
}

/** How one item of a call on several ended. */
export type ItemResult<I = unknown, T = unknown> = SucceededItem<I, T> | FailedItem<I>

/** Some items of a call on several failed. `results` holds the outcome of every one: retry only `failed.map((f) => f.item)`. */
export class ItemsError<I = unknown, T = unknown> extends KafkaError<'ITEMS_FAILED'> {
  /** One result per item, in the order of the call. */
  readonly results: readonly ItemResult<I, T>[]
  /** Those that failed, in the same order. */
  readonly failed: readonly FailedItem<I>[]

  /** @param what - what was asked, as the beginning of the sentence: `createTopics` */
  constructor(what: string, results: readonly ItemResult<I, T>[]) {
    const failed = results.filter((result) => !result.ok)
    // Those that were not attempted are so for the sake of another.
    const first = failed.find(({ error }) => error.code !== 'OPERATION_NOT_ATTEMPTED') ?? failed[0]
    super('ITEMS_FAILED', `${what}: ${failed.length} of ${results.length} failed: ${first?.error.message}`, {
      cause: first?.error,
      retriable: failed.every((result) => result.error.retriable),
    })
    this.results = results
    this.failed = failed
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(
    error: unknown,
    ...codes: C[]
  ): error is ItemsError & KafkaError<C & 'ITEMS_FAILED'> {
    return isBranded(error, ITEMS_ERROR, codes)
  }
}

const ITEMS_ERROR = brandClass(ItemsError, 'ItemsError')
