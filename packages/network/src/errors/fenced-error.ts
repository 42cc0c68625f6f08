import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from '@k/protocol'

/** A producer or member was replaced by a younger one with the same identity: stop. Never retriable. */
export class FencedError<C extends KafkaErrorCode = KafkaErrorCode> extends KafkaError<C> {
  constructor(code: C, message: string, options: { readonly cause?: unknown } = {}) {
    super(code, message, options)
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(error: unknown, ...codes: C[]): error is FencedError<C> {
    return isBranded(error, FENCED_ERROR, codes)
  }
}

const FENCED_ERROR = brandClass(FencedError, 'FencedError')
