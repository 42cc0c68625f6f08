import { ConfigError } from '@k/protocol'
import type { Release } from './posing/release.ts'

/** A feature of a cluster (KIP-584): levels that every broker can be set to, and where a new cluster stands. */
export interface FeatureDefinition {
  readonly minVersion: number
  readonly maxVersion: number
  readonly defaultLevel: number
}

// Source: Apache Kafka 3.3 to 4.4, of what is served here.
/** Every feature that a cluster of this release can have, by name. */
export function featureDefinitions(release: Release): ReadonlyMap<string, FeatureDefinition> {
  const definitions = new Map<string, FeatureDefinition>()
  const { metadataVersion, minMetadataVersion } = release
  if (metadataVersion > 0) {
    definitions.set('metadata.version', { minVersion: minMetadataVersion, maxVersion: metadataVersion, defaultLevel: metadataVersion })
  }
  if (release.hasFeatureLevels) {
    definitions.set('group.version', { minVersion: 0, maxVersion: 1, defaultLevel: 1 })
    definitions.set('transaction.version', { minVersion: 0, maxVersion: 2, defaultLevel: 2 })
  }
  return definitions
}

/**
 * The level of every feature that the release has.
 * @throws ConfigError
 */
export function resolveFeatures(given: Readonly<Record<string, number>>, release: Release): ReadonlyMap<string, number> {
  const definitions = featureDefinitions(release)
  for (const [name, level] of Object.entries(given)) {
    const definition = definitions.get(name)
    if (definition === undefined) {
      throw new ConfigError('features', `of Kafka ${release.version} are ${[...definitions.keys()].join(', ') || 'none'}; ${name} is not`)
    }
    const { minVersion, maxVersion } = definition
    if (Number.isInteger(level) && level >= minVersion && level <= maxVersion) continue
    throw new ConfigError('features', `must have an integer from ${minVersion} to ${maxVersion} for ${name}, not ${level}`)
  }
  return new Map([...definitions].map(([name, { defaultLevel }]) => [name, given[name] ?? defaultLevel]))
}
