import { ApiVersions, ConfigError, Heartbeat, Metadata, UnsupportedVersionError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { ApiVersionsTable, type ClusterOptions, resolveOptions } from '../src/index.ts'
import { errorOf } from './support/outcome.ts'
import { answering, beat, setUpConnection } from './support/scripted-connection.ts'
import { beating, setUp, telling } from './support/two-brokers.ts'

describe('apiVersion', () => {
  it('allows no version above the pinned one, whatever the broker offers, and leaves other APIs alone', async () => {
    const { connection, transport } = setUpConnection({ apiVersion: [[Heartbeat, 2]] }, answering, telling())
    await connection.request(Heartbeat, beat)
    const socket = transport.sockets[0]!
    expect((await socket.request(Heartbeat)).version).toBe(2)
    expect(connection.versions?.versionOf(Heartbeat)).toBe(2)
    expect(connection.versions?.versionOf(Heartbeat, { maxVersion: 3 })).toBe(2)
    expect(connection.versions?.versionOf(Heartbeat, { maxVersion: 1 })).toBe(1)
    expect(connection.versions?.rangeOf(Heartbeat)).toEqual({ min: 0, max: 4 })
    expect(connection.versions?.versionOf(Metadata)).toBe(Metadata.latestStable)
    await connection.close()
  })

  it('is the highest version of the question which versions there are, too', async () => {
    const { connection, transport } = setUpConnection({ apiVersion: [[ApiVersions, 2]] })
    await connection.open()
    expect((await transport.sockets[0]!.request(ApiVersions)).version).toBe(2)
    await connection.close()
  })

  it('holds for the cluster’s own requests and what it says of brokers', async () => {
    const { cluster, transport } = setUp({ apiVersion: [[Metadata, 7]] }, telling(), beating)
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    expect((await transport.sockets[0]!.request(Metadata)).version).toBe(7)
    expect(cluster.versionOf(Metadata, 1)).toBe(7)
    await cluster.close()
  })

  it.each([undefined, 'auto', []] as const)('is negotiated where it is %j', async (apiVersion) => {
    const { connection, transport } = setUpConnection({ apiVersion }, answering)
    await connection.request(Heartbeat, beat)
    expect((await transport.sockets[0]!.request(Heartbeat)).version).toBe(Heartbeat.latestStable)
    await connection.close()
  })

  it('names itself where the broker speaks later versions only', () => {
    const speaks = { apiKeys: [{ apiKey: Heartbeat.key, minVersion: 3, maxVersion: 4 }] }
    const table = new ApiVersionsTable(speaks, resolveOptions({ apiVersion: [[Heartbeat, 2]] }).apiVersion)
    const require = () => table.require(Heartbeat, 'broker 3 (b:9092)')
    expect(require).toThrow(UnsupportedVersionError)
    expect(require).toThrow('this request to broker 3 (b:9092) needs a later version of Heartbeat than the option apiVersion allows')
    expect(table.versionOf(Heartbeat)).toBeUndefined()
  })

  it('names itself where the request needs a later version, and is not blamed where it is not at fault', async () => {
    const { connection } = setUpConnection({ apiVersion: [[Heartbeat, 2]] }, answering)
    expect(await errorOf(connection.request(Heartbeat, beat, { minVersion: 4 }))).toMatchObject({
      name: 'UnsupportedVersionError',
      api: 'Heartbeat',
      message: expect.stringMatching(/needs a later version of Heartbeat than the option apiVersion allows/),
    })
    expect(await errorOf(connection.request(Heartbeat, beat, { minVersion: 5 }))).toMatchObject({
      name: 'UnsupportedVersionError',
      message: expect.not.stringMatching(/apiVersion/),
    })
    await connection.close()
  })

  it.each([
    ['Heartbeat', 'apiVersion must be'],
    [{ Heartbeat: 2 }, 'apiVersion must be'],
    [null, 'apiVersion must be'],
    [[Heartbeat, 2], 'apiVersion must be'],
    [[['Heartbeat', 2]], 'apiVersion must be'],
    [[[{}, 2]], 'apiVersion must be'],
    [[[Heartbeat]], 'apiVersion.Heartbeat must be a whole number from 0 to 4'],
    [[[Heartbeat, 5]], 'apiVersion.Heartbeat must be a whole number from 0 to 4; given was 5'],
    [[[Heartbeat, 1.5]], 'apiVersion.Heartbeat must be'],
    [[[Heartbeat, '2']], 'apiVersion.Heartbeat must be'],
  ])('refuses %j', (apiVersion, message) => {
    const make = () => resolveOptions({ apiVersion } as unknown as ClusterOptions)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(message)
  })
})
