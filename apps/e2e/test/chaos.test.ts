import { Consumer } from '@k/consumer'
import { Cluster } from '@k/network'
import { Producer } from '@k/producer'
import { type KafkaCluster, skipKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startChaosCluster } from '../src/chaos/chaos-cluster.ts'
import { plainChaos } from '../src/chaos/plain.ts'
import { transactionalChaos } from '../src/chaos/transactional.ts'
import { scratchTopic } from '../src/scratch-topic.ts'

const MS = 20_000

for (const version of ['4.3.1', '3.9.2']) {
  describe.skipIf(await skipKafka({ version, stopBrokers: true, tools: true }))(`brokers of Apache Kafka ${version} that die`, () => {
    let kafka: KafkaCluster

    beforeAll(async () => {
      kafka = await startChaosCluster(version)
    })
    afterAll(() => kafka?.close())

    it('lose nothing, double nothing and keep the order of what is produced', { timeout: 180_000 }, async () => {
      const { acknowledged, killed, paused, ...figures } = await plainChaos(kafka, MS)
      expect(figures).toMatchObject({ lost: 0, doubled: 0, reordered: 0, denied: 0 })
      expect(killed + paused).toBeGreaterThan(1)
      expect(acknowledged).toBeGreaterThan(1_000)
    })

    it('and copiers that die leave every record committed once, and none that was aborted', { timeout: 300_000 }, async () => {
      const { copied, committed, copiersKilled, killed, paused, ...figures } = await transactionalChaos(kafka, MS)
      expect(figures).toMatchObject({ lost: 0, doubled: 0, reordered: 0, differentInJava: 0 })
      expect(killed + paused).toBeGreaterThan(1)
      expect(copiersKilled).toBeGreaterThan(1)
      expect(Math.min(copied, committed)).toBeGreaterThan(10)
    })

    it('tell nobody offsets of before they froze', { timeout: 60_000 }, async () => {
      const { bootstrapServers } = kafka
      const topic = await scratchTopic(bootstrapServers, { partitions: 1, replicationFactor: 3 })
      const partition = { topic, partition: 0 }
      const assigned = (servers: string) => {
        const options = { groupId: topic, enableAutoCommit: false, requestTimeoutMs: 1_000, logger: null }
        const consumer = new Consumer({ bootstrapServers: servers, ...options })
        consumer.assign([partition])
        return consumer
      }
      await using early = assigned(bootstrapServers)
      await early.commit([{ ...partition, offset: 5 }])
      await using cluster = new Cluster({ bootstrapServers, logger: null })
      const { id, host, port } = await cluster.coordinator({ group: topic })
      await kafka.node(id).pause()
      try {
        await using later = assigned(bootstrapServers)
        await later.commit([{ ...partition, offset: 9 }])
      } finally {
        await kafka.node(id).resume()
      }
      await using newcomer = assigned(`${host}:${port}`)
      const found = await Promise.all([early.seekToCommitted(), newcomer.committed([partition])])
      expect(found.flat()).toMatchObject([{ offset: 9 }, { offset: 9 }])
    })

    it('lose nothing, double nothing and keep the order for who reads while a leader is killed', async () => {
      const { bootstrapServers } = kafka
      const topic = await scratchTopic(bootstrapServers, { partitions: 3, replicationFactor: 3 })
      await using producer = new Producer({ bootstrapServers, logger: null })
      await using consumer = new Consumer({ bootstrapServers, groupId: topic, topics: [topic], autoOffsetReset: 'earliest', logger: null })
      const read = new Map<string, string>()
      const order: number[][] = [[], [], []]
      const reading = (async () => {
        for await (const record of consumer) {
          const position = `${record.partition}:${record.offset}`
          const value = String(record.value)
          if (read.has(position)) expect(read.get(position)).toBe(value)
          else order[record.partition]?.push(Number(value))
          read.set(position, value)
        }
      })()

      const acknowledged = new Map<string, string>()
      let sent = 0
      const sendSome = async () => {
        const first = sent
        sent += 100
        const records = Array.from({ length: 100 }, (_, i) => ({ topic, partition: (first + i) % 3, value: String(first + i) }))
        for (const [i, { partition, offset }] of (await producer.send(records)).entries())
          acknowledged.set(`${partition}:${offset}`, String(first + i))
      }
      const sends: Promise<void>[] = []
      const victim = kafka.node((await leaderOf(producer, topic)) ?? 1)
      for (let round = 0; round < 100; round++) {
        sends.push(sendSome())
        if (round === 30) await victim.kill()
        await new Promise((resolve) => setTimeout(resolve, 30))
      }
      await Promise.all(sends)
      expect(acknowledged.size).toBe(sent)
      await expect.poll(() => read.size, { timeout: 30_000 }).toBe(sent)
      await consumer.close()
      await reading

      expect(read).toEqual(acknowledged)
      for (const values of order) expect(values).toEqual([...values].sort((a, b) => a - b))
    })
  })
}

async function leaderOf(producer: Producer, topic: string): Promise<number | undefined> {
  const [first] = await producer.partitionsFor(topic)
  return first?.leader
}
