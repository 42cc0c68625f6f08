import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from '@k/protocol'

/** The client was closed before or during the call. */
export class ClosedError extends KafkaError<'CLOSED'> {
  /** @param what - the beginning of the sentence: what was closed */
  constructor(what: string, options: { readonly cause?: unknown } = {}) {
    super('CLOSED', what, options)
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(
    error: unknown,
    ...codes: C[]
  ): error is ClosedError & KafkaError<C & 'CLOSED'> {
    return isBranded(error, CLOSED_ERROR, codes)
  }
}

const CLOSED_ERROR = brandClass(ClosedError, 'ClosedError')
