import { ApiVersions, type ApiVersionsResponse, Metadata } from '@k/protocol'
import { FakeCluster, type FakeVersion } from '@k/testing'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rawAnswer } from '../src/raw-answer.ts'

const pairs: readonly (readonly [real: string, posed: FakeVersion])[] = [
  ['0.10.2.2', '0.10.2'],
  ['0.11.0.3', '0.11'],
  ['1.1.1', '1.1'],
  ['2.8.2', '2.8'],
  ['3.9.2', '3.9'],
  ['4.3.1', '4.3'],
  ['4.4.0', '4.4'],
]

const body = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' }

async function versionsAt(address: string, version: number): Promise<ApiVersionsResponse> {
  return ApiVersions.response.decode(version, (await rawAnswer(ApiVersions, body, { address, version }))!)
}

const rowsOf = ({ apiKeys }: ApiVersionsResponse) =>
  new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, `${minVersion}-${maxVersion}`]))

for (const [real, posed] of pairs) {
  describe.skipIf(await skipKafka({ version: real }))(`a FakeCluster that poses as Kafka ${posed}`, () => {
    let kafka: KafkaCluster
    let fake: FakeCluster
    let addresses: string[]
    let highest: number

    beforeAll(async () => {
      kafka = await startKafka({ version: real })
      fake = await FakeCluster.start({ version: posed })
      addresses = [kafka.bootstrapServers, fake.bootstrapServers]
      highest = Number(
        rowsOf(await versionsAt(kafka.bootstrapServers, 0))
          .get(ApiVersions.key)!
          .split('-')[1],
      )
    })
    afterAll(async () => {
      await kafka?.close()
      await fake?.close()
    })

    it('tells of the same versions of every API that it serves', async () => {
      const [theirs, ours] = (await Promise.all(addresses.map((address) => versionsAt(address, 0)))).map(rowsOf) as [
        Map<number, string>,
        Map<number, string>,
      ]
      expect([...ours].map(([key, range]) => `${key}: ${range}`)).toEqual([...ours.keys()].map((key) => `${key}: ${theirs.get(key)}`))
      expect(ours.size).toBeGreaterThanOrEqual(15)
    })

    it('has the same features, of those that it serves', async () => {
      const [theirs, ours] = (await Promise.all(addresses.map((address) => versionsAt(address, highest)))) as [
        ApiVersionsResponse,
        ApiVersionsResponse,
      ]
      const names = ours.supportedFeatures.map(({ name }) => name)
      const finalized = (answer: ApiVersionsResponse) =>
        answer.finalizedFeatures
          .filter(({ name }) => names.includes(name))
          .map(({ name, minVersionLevel, maxVersionLevel }) => `${name} ${minVersionLevel} ${maxVersionLevel}`)
          .sort()
      const supported = (answer: ApiVersionsResponse) =>
        answer.supportedFeatures
          .filter(({ name }) => names.includes(name))
          .map(({ name, minVersion, maxVersion }) => `${name} ${minVersion}-${maxVersion}`)
          .sort()
      expect([finalized(ours), supported(ours)]).toEqual([finalized(theirs), supported(theirs)])
    })

    it('answers a version of ApiVersions that comes too early in the same way', async () => {
      const answers = await Promise.all(
        addresses.map(async (address) => {
          const answer = await rawAnswer(ApiVersions, body, { address, version: 4, pretended: 9 })
          return ApiVersions.response.decode(0, answer!)
        }),
      )
      expect(answers[1]).toEqual(answers[0])
    })

    if (posed === '4.4') {
      it('tells a client in the same way that it has come to another broker or cluster than it means', async () => {
        const codes = async (address: string) => {
          const metadata = await rawAnswer(Metadata, { topics: [] }, { address, version: 7 })
          const { clusterId } = Metadata.response.decode(7, metadata!)
          const other = 'another-cluster-entire'
          const cases = [
            {},
            { nodeId: 1 },
            { clusterId },
            { clusterId, nodeId: 1 },
            { clusterId, nodeId: 7 },
            { clusterId: other, nodeId: 1 },
          ]
          const answers = cases.map(async (fields) => {
            const answer = await rawAnswer(ApiVersions, { ...body, ...fields }, { address, version: 5 })
            const { errorCode, apiKeys } = ApiVersions.response.decode(5, answer!)
            return [errorCode, apiKeys.length > 0]
          })
          return Promise.all(answers)
        }
        expect(await codes(addresses[1]!)).toEqual(await codes(addresses[0]!))
      })
    }
  })
}
