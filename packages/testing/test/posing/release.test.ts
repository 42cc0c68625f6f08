import { ApiVersions, downConvert, encodeRequest, Fetch, ListOffsets, Metadata, OffsetFetch, Produce, recordBatches } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { handlersOf } from '../../src/handlers/handler-table.ts'
import { FakeCluster, type FakeVersion, synchronousGzip } from '../../src/index.ts'
import { releaseOf } from '../../src/posing/release.ts'
import { fakeVersions } from '../../src/posing/released-versions.ts'
import { nameOf } from '../support/codes.ts'
import { batchOf, RawClient, SOME_TIME } from '../support/raw-client.ts'
import { fetchBody, produce, produceBody } from '../support/requests.ts'

describe('a cluster that poses as another release', () => {
  let kafka: FakeCluster
  afterEach(() => kafka.close())
  const start = async (version: FakeVersion, topics: Record<string, number> = { t: 1 }) => {
    kafka = await FakeCluster.start({ tcp: false, version, topics })
    return RawClient.connect(kafka)
  }
  const messages = async (magic: 0 | 1, values: string[], codec?: typeof synchronousGzip) => {
    const [batch] = recordBatches(batchOf(values))
    return downConvert(await batch!.records(), { magic, codec })
  }
  const fetched = async (client: RawClient, version: number, topic = 't') => {
    const { responses } = await client.request(Fetch, version, fetchBody(topic, 0, 0, { version }))
    const rows: unknown[] = []
    for (const batch of recordBatches(responses[0]!.partitions[0]!.records!)) {
      const reader = await batch.records()
      while (reader.next()) rows.push([batch.magic, reader.offset, reader.timestamp, `${reader.value()}`])
    }
    return rows
  }

  it.each(fakeVersions)('serves, as Kafka %s, every version of that release of what it serves at all', async (version) => {
    const client = await start(version)
    const { apiKeys } = await client.request(ApiVersions, 0, {})
    const release = releaseOf(version)
    const served = [...handlersOf(releaseOf('4.4')).values()].map(({ api }) => api).filter(({ name }) => release.versions.has(name))
    const rows = apiKeys.map(({ apiKey, minVersion, maxVersion }) => `${apiKey}: ${minVersion}-${maxVersion}`).sort()
    expect(rows).toEqual(served.map(({ key, name }) => `${key}: ${release.versions.get(name)!.join('-')}`).sort())
  })

  it.each(['0.10.2', '1.1', '2.4', '3.9'] as const)('tells as Kafka %s of nothing that came later', async (version) => {
    const client = await start(version)
    const highest = releaseOf(version).versions.get('ApiVersions')![1]
    const answer = await client.request(ApiVersions, highest, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' })
    const features = answer.finalizedFeatures.map(({ name, maxVersionLevel }) => `${name} ${maxVersionLevel}`)
    expect(features).toEqual(version === '3.9' ? ['metadata.version 21'] : [])
    const frame = client.nextFrame()
    const tooNew = Buffer.concat(encodeRequest(ApiVersions, {}, { version: 5, correlationId: 9, clientId: null }))
    client.write(tooNew)
    const { errorCode, apiKeys } = ApiVersions.response.decode(0, (await frame).subarray(4))
    const told = version === '2.4' || version === '3.9' ? [{ apiKey: 18, minVersion: 0, maxVersion: highest }] : []
    expect([nameOf(errorCode), apiKeys]).toEqual(['UNSUPPORTED_VERSION', told])
  })

  it('ends the connection at what the release does not have', async () => {
    const client = await start('0.10.2')
    client.send(Metadata, 3, { topics: [] })
    await client.closed
    expect(String(kafka.failures[0])).toContain('Metadata version 3 is not served here')
  })

  it('keeps messages of magic 1 as Kafka 0.10.2 does', async () => {
    const client = await start('0.10.2')
    expect(await produce(client, 't', 0, await messages(1, ['a', 'b']), { version: 2 })).toMatchObject({ errorCode: 0, baseOffset: 0n })
    expect(await produce(client, 't', 0, await messages(1, ['c', 'd'], synchronousGzip), { version: 2 })).toMatchObject({ baseOffset: 2n })
    expect(await produce(client, 't', 0, await messages(0, ['e']), { version: 0 })).toMatchObject({ errorCode: 0, baseOffset: 4n })
    const times = [SOME_TIME, SOME_TIME, SOME_TIME, SOME_TIME, -1]
    const values = ['a', 'b', 'c', 'd', 'e']
    expect(await fetched(client, 3)).toEqual(values.map((value, i) => [1, i, times[i], value]))
    expect(await fetched(client, 1)).toEqual(values.map((value, i) => [0, i, -1, value]))
    expect(kafka.records('t').map(({ value }) => `${value}`)).toEqual(values)
  })

  it('refuses messages that are not what they say', async () => {
    const client = await start('0.10.2')
    const broken = Buffer.from(await messages(1, ['a']))
    broken[broken.length - 1]! ^= 1
    expect(nameOf((await produce(client, 't', 0, broken, { version: 2 })).errorCode)).toBe('CORRUPT_MESSAGE')
    expect(nameOf((await produce(client, 't', 0, batchOf(['a']), { version: 2 })).errorCode)).toBe('CORRUPT_MESSAGE')
    expect(kafka.records('t')).toEqual([])
  })

  it('converts batches for old clients, without the headers that they have no place for', async () => {
    const client = await start('2.8')
    const batch = batchOf(['a', { value: 'b', headers: [['h', 'x']] }, 'c'])
    await produce(client, 't', 0, batch, { version: 8 })
    expect(await fetched(client, 2)).toEqual(['a', 'b', 'c'].map((value, i) => [1, i, SOME_TIME, value]))
    expect(await fetched(client, 12)).toEqual(['a', 'b', 'c'].map((value, i) => [2, i, SOME_TIME, value]))
  })

  it('takes no messages as Kafka 4.0, although it tells of the versions that have them', async () => {
    const client = await start('4.0')
    client.send(Produce, 2, produceBody('t', 0, await messages(1, ['a'])))
    await client.closed
    expect(kafka.records('t')).toEqual([])
  })

  it('lists offsets as it was before Kafka 0.10.1', async () => {
    const client = await start('0.10.2')
    await produce(client, 't', 0, await messages(1, ['a', 'b', 'c']), { version: 2 })
    const offsets = async (timestamp: bigint, maxNumOffsets: number, name = 't') => {
      const partitions = [{ partitionIndex: 0, timestamp, maxNumOffsets }]
      const { topics } = await client.request(ListOffsets, 0, { replicaId: -1, topics: [{ name, partitions }] })
      const { errorCode, oldStyleOffsets } = topics[0]!.partitions[0]!
      return [nameOf(errorCode), oldStyleOffsets]
    }
    expect(await offsets(-1n, 1)).toEqual(['NONE', [3n]])
    expect(await offsets(-1n, 9)).toEqual(['NONE', [3n, 0n]])
    expect(await offsets(-2n, 9)).toEqual(['NONE', [0n]])
    expect(await offsets(BigInt(SOME_TIME), 1)).toEqual(['NONE', [3n]])
    expect(await offsets(BigInt(SOME_TIME) - 1n, 1)).toEqual(['NONE', []])
    expect(await offsets(-1n, 1, 'nowhere')).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', []])
  })

  it('knows no offset of a group in version 0 by an error', async () => {
    const client = await start('0.10.2')
    const { topics } = await client.request(OffsetFetch, 0, { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] })
    const [partition] = topics[0]!.partitions
    expect([partition!.committedOffset, nameOf(partition!.errorCode)]).toEqual([-1n, 'UNKNOWN_TOPIC_OR_PARTITION'])
  })

  it('is one of those that are known', async () => {
    kafka = await FakeCluster.start({ tcp: false })
    await expect(FakeCluster.start({ version: '9.9' as FakeVersion })).rejects.toThrow('version must be one of 0.10.2, 0.11, 1.1')
    await expect(FakeCluster.start({ version: '2.8', features: { 'group.version': 1 } })).rejects.toThrow('of Kafka 2.8 are none')
  })
})
