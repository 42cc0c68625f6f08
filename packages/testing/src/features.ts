import { ConfigError } from '@k/protocol'

/** A feature of a cluster (KIP-584): levels that every broker can be set to, and where a new cluster stands. */
export interface FeatureDefinition {
  readonly minVersion: number
  readonly maxVersion: number
  readonly defaultLevel: number
}

// Source: Apache Kafka 4.3, of what is served here.
/** Every feature that can be set, by name. */
export const featureDefinitions: ReadonlyMap<string, FeatureDefinition> = new Map([
  ['metadata.version', { minVersion: 7, maxVersion: 30, defaultLevel: 30 }],
  ['group.version', { minVersion: 0, maxVersion: 1, defaultLevel: 1 }],
  ['transaction.version', { minVersion: 0, maxVersion: 2, defaultLevel: 2 }],
])

/**
 * The level of every feature.
 * @throws ConfigError
 */
export function resolveFeatures(given: Readonly<Record<string, number>> = {}): ReadonlyMap<string, number> {
  for (const [name, level] of Object.entries(given)) {
    const definition = featureDefinitions.get(name)
    if (definition === undefined) {
      throw new ConfigError('features', `knows ${[...featureDefinitions.keys()].join(', ')}, but no ${name}`)
    }
    const { minVersion, maxVersion } = definition
    if (Number.isInteger(level) && level >= minVersion && level <= maxVersion) continue
    throw new ConfigError('features', `must have an integer from ${minVersion} to ${maxVersion} for ${name}, not ${level}`)
  }
  return new Map([...featureDefinitions].map(([name, { defaultLevel }]) => [name, given[name] ?? defaultLevel]))
}
