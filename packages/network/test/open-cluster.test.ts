import { ConfigError } from '@k/protocol'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type ClientOptions, Cluster, type Connect, openCluster } from '../src/index.ts'
import { ManualClock } from './support/manual-clock.ts'

describe('openCluster', () => {
  it('makes a cluster of its own from the options that are a cluster’s', () => {
    const clock = new ManualClock()
    const options = { bootstrapServers: 'b:1', clock, requestTimeoutMs: 9, lingerMs: 5 }
    const { cluster, owned, options: resolved } = openCluster(options, { clientId: '@k/producer' })
    expect([owned, cluster.clock]).toEqual([true, clock])
    expect(cluster.options).toMatchObject({ clientId: '@k/producer', requestTimeoutMs: 9 })
    expect(resolved).toMatchObject({ clientId: '@k/producer', requestTimeoutMs: 9, retryBackoffMs: 100 })
  })

  it('shares a cluster that is given, whose options hold where the client gives none', () => {
    const shared = new Cluster({ requestTimeoutMs: 9, defaultApiTimeoutMs: 8, clientId: 'shared' })
    const { cluster, owned, options } = openCluster({ cluster: shared, defaultApiTimeoutMs: 7 }, { clientId: '@k/consumer' })
    expect([cluster, owned]).toEqual([shared, false])
    expect(options).toMatchObject({ clientId: '@k/consumer', requestTimeoutMs: 9, defaultApiTimeoutMs: 7 })
  })

  it('refuses both, and what is no cluster', () => {
    const shared = new Cluster()
    // @ts-expect-error giving both does not compile
    const both: Connect & ClientOptions = { cluster: shared, bootstrapServers: 'b:1' }
    expect(() => openCluster(both)).toThrow(/bootstrapServers cannot be given together with cluster/)
    expect(() => openCluster({ cluster: 'b:1' as never })).toThrow(ConfigError)
    expect(() => openCluster({ cluster: null as never })).toThrow(ConfigError)
  })

  it('takes either by type', () => {
    expectTypeOf<{ bootstrapServers: string }>().toExtend<Connect>()
    expectTypeOf<{ cluster: Cluster }>().toExtend<Connect>()
    expectTypeOf<{ cluster: Cluster; tls: true }>().not.toExtend<Connect>()
  })
})
