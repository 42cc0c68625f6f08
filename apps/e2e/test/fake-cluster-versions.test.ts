import {
  ApiVersions,
  type ApiVersionsResponse,
  downConvert,
  Fetch,
  ListOffsets,
  Metadata,
  Produce,
  RecordBatchBuilder,
  recordBatches,
} from '@k/protocol'
import { FakeCluster, type FakeVersion } from '@k/testing'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rawAnswer } from '../src/raw-answer.ts'
import { scratchTopic } from '../src/scratch-topic.ts'

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

function batchOf(values: readonly string[]): Buffer {
  const builder = new RecordBatchBuilder()
  for (const value of values) builder.append(1_700_000_000_000, null, value)
  return Buffer.from(builder.close({}) as Buffer)
}

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

    if (!posed.startsWith('4.')) {
      it('takes messages of old formats, gives them back in each, and lists offsets of segments in the same way', async () => {
        const [batch] = recordBatches(batchOf(['a', 'b', 'c']))
        const messages = async (magic: 0 | 1) => downConvert(await batch!.records(), { magic })
        const seen = async (address: string) => {
          const topic = await scratchTopic(address)
          const produced = async (version: number, records: Buffer) => {
            const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
            const answer = await rawAnswer(Produce, { acks: -1, timeoutMs: 5_000, topicData }, { address, version })
            const { errorCode, baseOffset } = Produce.response.decode(version, answer!).responses[0]!.partitionResponses[0]!
            return [errorCode, baseOffset]
          }
          // Kafka 2.0 and later cut what they convert to the size that it had before: the rest comes with the next request.
          const fetched = async (version: number) => {
            const rows: unknown[] = []
            for (let next = 0n, before = -1n; next > before; ) {
              before = next
              const partitions = [{ partition: 0, fetchOffset: next, partitionMaxBytes: 1 << 20 }]
              const answer = await rawAnswer(Fetch, { maxWaitMs: 0, minBytes: 0, topics: [{ topic, partitions }] }, { address, version })
              for (const found of recordBatches(Fetch.response.decode(version, answer!).responses[0]!.partitions[0]!.records!)) {
                const reader = await found.records()
                while (reader.next()) {
                  if (reader.offsetBigInt < next) continue
                  rows.push([found.magic, reader.offset, reader.timestamp, `${reader.value()}`])
                  next = reader.offsetBigInt + 1n
                }
              }
            }
            return rows
          }
          const listed = async (timestamp: bigint, maxNumOffsets: number) => {
            const partitions = [{ partitionIndex: 0, timestamp, maxNumOffsets }]
            const answer = await rawAnswer(ListOffsets, { replicaId: -1, topics: [{ name: topic, partitions }] }, { address, version: 0 })
            const { errorCode, oldStyleOffsets } = ListOffsets.response.decode(0, answer!).topics[0]!.partitions[0]!
            return [errorCode, oldStyleOffsets]
          }
          // A new topic is told of before its leader knows that it leads: until then it answers NOT_LEADER_OR_FOLLOWER.
          await expect.poll(() => listed(-1n, 9), { timeout: 10_000 }).toEqual([0, [0n]])
          const empty = [await listed(-1n, 9), await listed(-2n, 9)]
          const broken = Buffer.from(await messages(1))
          broken[broken.length - 1]! ^= 1
          return {
            empty,
            produced: [await produced(2, await messages(1)), await produced(0, await messages(0)), await produced(2, broken)],
            fetched: [await fetched(0), await fetched(1), await fetched(2), await fetched(3)],
            listed: [await listed(-1n, 1), await listed(-1n, 9), await listed(-2n, 9), await listed(0n, 9)],
          }
        }
        expect(await seen(addresses[1]!)).toEqual(await seen(addresses[0]!))
      })
    }

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
