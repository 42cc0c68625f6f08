import { brandClass, isBranded, KafkaError, type KafkaErrorCode } from './kafka-error.ts'

/** A wrong option. Thrown at construction, before any I/O. */
export class ConfigError extends KafkaError<'INVALID_OPTION'> {
  /** The option's name. */
  readonly option: string

  /** @param what - the rest of the sentence after the option's name: what is allowed, and what was given */
  constructor(option: string, what: string, options: { cause?: unknown } = {}) {
    super('INVALID_OPTION', `${option} ${what}`, options)
    this.option = option
  }

  /** Like {@link KafkaError.is}, for this class. */
  static override is<C extends KafkaErrorCode = KafkaErrorCode>(
    error: unknown,
    ...codes: C[]
  ): error is ConfigError & KafkaError<C & 'INVALID_OPTION'> {
    return isBranded(error, CONFIG_ERROR, codes)
  }
}

const CONFIG_ERROR = /* @__PURE__ */ brandClass(ConfigError, 'ConfigError')
