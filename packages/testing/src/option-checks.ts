import { ConfigError, KafkaError } from '@k/protocol'

/**
 * Refuses what holds no options, and names that nobody looks at.
 * @param of - what takes them, for the sentence
 * @throws ConfigError
 */
export function checkNames(of: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigError(of, `takes an object of options (${known.join(', ')}), not ${shown(given)}`)
  }
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw new ConfigError(name, `is not an option of ${of}; there are ${known.join(', ')}`)
  }
}

/** @throws ConfigError for something that is there and has not the type */
export function checkType(option: string, given: unknown, type: 'boolean' | 'string' | 'number' | 'function'): void {
  if (given === undefined || typeof given === type) return
  throw new ConfigError(option, `must be a ${type}, not ${shown(given)}`)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkCallback(what: string, given: unknown): void {
  if (typeof given === 'function') return
  throw new KafkaError('INVALID_ARGUMENT', `${what} must be a function, not ${shown(given)}`)
}

/** A value as it may stand in a sentence. */
export function shown(given: unknown): string {
  if (typeof given === 'string') return `"${given}"`
  if (typeof given === 'function') return 'a function'
  if (Array.isArray(given)) return 'an array'
  return typeof given === 'object' && given !== null ? 'an object' : String(given)
}
