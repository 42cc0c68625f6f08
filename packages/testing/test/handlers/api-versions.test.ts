import { ApiVersions, encodeRequest } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawClient } from '../support/raw-client.ts'

describe('ApiVersions', () => {
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false })
    client = await RawClient.connect(kafka)
  })
  afterEach(() => kafka.close())

  it.each([0, 1, 2, 3, 4])('tells in version %i what Kafka 4.3 does', async (version) => {
    const { errorCode, apiKeys } = await client.request(ApiVersions, version, { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' })
    expect(errorCode).toBe(0)
    const rows = apiKeys.map(({ apiKey, minVersion, maxVersion }) => `${apiKey}: ${minVersion}-${maxVersion}`)
    const keys = ['0: 0-13', '1: 4-18', '2: 1-11', '3: 0-13', '8: 2-10', '9: 1-10', '10: 0-6', '11: 0-9', '12: 0-4', '13: 0-5', '14: 0-5']
    expect(rows).toEqual(expect.arrayContaining([...keys, '17: 0-1', '18: 0-4', '19: 2-7', '20: 1-6', '22: 0-5', '36: 0-2', '60: 0-2']))
  })

  it('tells a client of Kafka 4.4 when it has come to another broker or cluster than it means', async () => {
    const kafka44 = await FakeCluster.start({ tcp: false, version: '4.4' })
    const newer = await RawClient.connect(kafka44)
    const body = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' }
    const codeFor = async (fields: object) => nameOf((await newer.request(ApiVersions, 5, { ...body, ...fields })).errorCode)
    expect(await codeFor({ clusterId: kafka44.clusterId, nodeId: 1 })).toBe('NONE')
    expect(await codeFor({ clusterId: 'another', nodeId: 1 })).toBe('REBOOTSTRAP_REQUIRED')
    expect(await codeFor({ clusterId: kafka44.clusterId, nodeId: 2 })).toBe('REBOOTSTRAP_REQUIRED')
    expect([await codeFor({ nodeId: 1 }), await codeFor({ clusterId: kafka44.clusterId })]).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST'])
    await kafka44.close()
  })

  it('names the features that are finalized, and what they may be', async () => {
    const body = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' }
    const { supportedFeatures, finalizedFeatures, finalizedFeaturesEpoch } = await client.request(ApiVersions, 4, body)
    expect(finalizedFeatures.map(({ name, maxVersionLevel, minVersionLevel }) => [name, minVersionLevel, maxVersionLevel])).toEqual([
      ['metadata.version', 30, 30],
      ['group.version', 1, 1],
      ['transaction.version', 2, 2],
    ])
    expect(supportedFeatures.map(({ name, minVersion, maxVersion }) => `${name} ${minVersion}-${maxVersion}`)).toEqual([
      'metadata.version 7-30',
      'group.version 0-1',
      'transaction.version 0-2',
    ])
    expect(finalizedFeaturesEpoch).toBeGreaterThanOrEqual(0n)
    const older = await client.request(ApiVersions, 3, body)
    expect(older.supportedFeatures.map(({ name }) => name)).toEqual(['metadata.version'])
    expect(older.finalizedFeatures).toHaveLength(3)
  })

  it('has the features that it was given, and tells nothing of level 0', async () => {
    const old = await FakeCluster.start({ tcp: false, features: { 'transaction.version': 1, 'group.version': 0 } })
    const oldClient = await RawClient.connect(old)
    const { finalizedFeatures } = await oldClient.request(ApiVersions, 4, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' })
    expect(finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])).toEqual([
      ['metadata.version', 30],
      ['transaction.version', 1],
    ])
    await old.close()
  })

  it.each([
    ['transaction.version', 3],
    ['group.version', 0.5],
    ['no.version', 1],
  ])('refuses the feature %s at level %d', async (name, level) => {
    await expect(FakeCluster.start({ tcp: false, features: { [name]: level } })).rejects.toThrow(/features/)
  })

  it('answers a version that it does not know in version 0, with the versions of ApiVersions alone', async () => {
    const frames = client.nextFrame()
    const body = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' }
    client.write(Buffer.concat(encodeRequest(ApiVersions, body, { version: 5, correlationId: 9, clientId: null })))
    const frame = await frames
    expect(frame.readInt32BE(0)).toBe(9)
    const { errorCode, apiKeys } = ApiVersions.response.decode(0, frame.subarray(4))
    expect([nameOf(errorCode), apiKeys]).toEqual(['UNSUPPORTED_VERSION', [{ apiKey: 18, minVersion: 0, maxVersion: 4 }]])
    expect(client.isClosed).toBe(false)
  })

  it('refuses names of clients that are no names', async () => {
    for (const [clientSoftwareName, clientSoftwareVersion] of [
      ['a b', '1'],
      ['a', ''],
      ['-a', '1'],
    ] as const) {
      const { errorCode } = await client.request(ApiVersions, 3, { clientSoftwareName, clientSoftwareVersion })
      expect(nameOf(errorCode)).toBe('INVALID_REQUEST')
    }
  })
})
