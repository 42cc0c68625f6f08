import { ConfigError } from '@k/protocol'
import { Cluster } from './cluster.ts'
import { given, refuseOption } from './option-checks.ts'
import { type ClientOptions, type ClusterOptions, clusterOptionNames, type ResolvedClientOptions, resolveClientOptions } from './options.ts'

/** How a client comes by its cluster: options of one of its own, or one that it shares. Giving both does not compile. */
export type Connect =
  | (ClusterOptions & { readonly cluster?: undefined })
  | ({ readonly cluster: Cluster } & { readonly [P in keyof ClusterOptions]?: undefined })

/** A client's cluster. */
export interface OpenCluster {
  /** The cluster that the client uses. */
  readonly cluster: Cluster
  /** Whether the client made it, and so must close it. */
  readonly owned: boolean
  /** The client's own options; where one was not given, its default or, with a shared cluster, that cluster's. */
  readonly options: ResolvedClientOptions
}

/**
 * The cluster that a client's options speak of. Names that are neither a cluster's nor every client's are left alone.
 * @param fallback - the client's own defaults: its `clientId`
 * @throws ConfigError
 */
export function openCluster(options: Connect & ClientOptions, fallback: Partial<ResolvedClientOptions> = {}): OpenCluster {
  const { cluster } = options
  if (cluster === undefined) {
    const resolved = resolveClientOptions(options, fallback)
    const own = Object.fromEntries(clusterOptionNames.map((name) => [name, options[name]]))
    return { cluster: new Cluster({ ...own, ...resolved }), owned: true, options: resolved }
  }
  if (typeof cluster?.request !== 'function') refuseOption('cluster', 'a Cluster', given(cluster))
  for (const name of clusterOptionNames) {
    if (options[name] !== undefined) throw new ConfigError(name, 'cannot be given together with cluster')
  }
  return { cluster, owned: false, options: resolveClientOptions(options, { ...cluster.options, ...fallback }) }
}
