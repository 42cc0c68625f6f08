import type { BrokerErrorCode } from '@k/protocol'
import { Refusal } from './refusal.ts'

/** The types of configs, by the numbers of DescribeConfigs. */
export const configTypes = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7, class: 8 } as const
export type ConfigType = keyof typeof configTypes

/** Where the value of a config comes from, by the numbers of DescribeConfigs. */
export const configSources = { TOPIC: 1, BROKER: 2, CLUSTER: 3, STATIC: 4, DEFAULT: 5 } as const
export type ConfigSource = keyof typeof configSources

/** A config as Kafka 4.3 has it. */
export interface ConfigDefinition {
  readonly type: ConfigType
  /** What it is where nobody set it. */
  readonly value: string | null
  readonly allowed?: readonly string[]
  readonly min?: number
  readonly max?: number
}

/** A place that says something of a config. */
export interface ConfigSynonym {
  readonly name: string
  readonly value: string
  readonly source: ConfigSource
}

/** A config as it is told. */
export interface Config {
  readonly name: string
  readonly value: string | null
  readonly type: ConfigType
  readonly source: ConfigSource
  readonly isReadOnly: boolean
  /** Every place that says something of it, the strongest first. */
  readonly synonyms: readonly ConfigSynonym[]
}

/** The definition with this name; undefined where there is none. */
export function definitionOf<D extends ConfigDefinition>(definitions: Readonly<Record<string, D>>, name: string): D | undefined {
  return Object.hasOwn(definitions, name) ? definitions[name] : undefined
}

/** @throws Refusal with `code` for a value that Kafka does not take */
export function checkConfigValue(name: string, value: string, definition: ConfigDefinition, code: BrokerErrorCode): void {
  const { type, allowed, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = definition
  const told = type === 'double' && Number.isInteger(Number(value)) ? Number(value).toFixed(1) : value
  const refuse = (what: string) => new Refusal(code, `Invalid value ${told} for configuration ${name}: ${what}`)
  if (type === 'boolean' && value !== 'true' && value !== 'false') throw refuse('Expected value to be either true or false')
  if (type === 'int' || type === 'long' || type === 'double') {
    const number = Number(value)
    if (value.trim() === '' || Number.isNaN(number) || (type !== 'double' && !Number.isInteger(number))) {
      throw refuse(`Not a number of type ${type.toUpperCase()}`)
    }
    if (number < min) throw refuse(`Value must be at least ${min}`)
    if (number > max) throw refuse(`Value must be no more than ${max}`)
  }
  const words = type === 'list' ? wordsOf(value) : [value]
  if (allowed !== undefined && !words.every((word) => allowed.includes(word))) throw refuse(`String must be one of: ${allowed.join(', ')}`)
}

/** The words of a list. */
export function wordsOf(value: string): string[] {
  return value === '' ? [] : value.split(',').map((word) => word.trim())
}
