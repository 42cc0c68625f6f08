import { EndTxn } from '@k/protocol'
import { FakeCluster } from '@k/testing'
import { KafkaTools } from '@tooling/kafka'
import { describe, expect, it } from 'vitest'
import { javaJudge } from '../../src/judges/java-tools.ts'
import { judgeOrSkip } from '../../src/judges/skip-judge.ts'
import { claims } from './claims.ts'

const tools = await judgeOrSkip('java', () => KafkaTools.find('4.3.1'))

const open = (protocol: 'classic' | 'consumer') => tools && (async (servers: string) => javaJudge(tools, servers, protocol))
const common = { concurrent: true, open: open('classic') }

claims({ ...common, name: "Kafka's tools 4.3.1, classic", version: '4.3', only: ['admin', 'records', 'groups'] })
claims({
  ...common,
  name: "Kafka's tools 4.3.1, group.protocol=consumer",
  version: '4.3',
  open: open('consumer'),
  groupType: 'consumer',
  only: ['groups'],
})
claims({ ...common, name: "Kafka's tools 4.3.1", version: '2.8', only: ['records'] })

describe.skipIf(tools === undefined)('the transactional perf producer of Kafka 4.3.1', { concurrent: true }, () => {
  it('commits all that it sends, and the console consumer reads what is committed', async () => {
    await using kafka = await FakeCluster.start({ brokers: 3, topics: { orders: 1 } })
    const { bootstrapServers } = kafka
    const perf = ['--bootstrap-server', bootstrapServers, '--topic', 'orders', '--num-records', '2000', '--record-size', '100']
    const transactional = ['--transactional-id', 'till', '--transaction-duration-ms', '50', '--throughput', '4000']
    const { code, stdout, stderr } = await tools!.run('org.apache.kafka.tools.ProducerPerformance', [...perf, ...transactional])
    expect(code, stdout + stderr).toBe(0)
    expect(stdout).toContain('2000 records sent')
    const committed = kafka.records('orders', { isolationLevel: 'read_committed' })
    expect(committed.map(({ value }) => value?.length)).toEqual(Array.from({ length: 2000 }, () => 100))
    expect(kafka.transactions()).toMatchObject([{ transactionalId: 'till', state: 'CompleteCommit' }])
    const ends = kafka.requests.list(EndTxn)
    expect(ends.length).toBeGreaterThan(2)
    expect(ends.every(({ body }) => body.committed)).toBe(true)
    const properties = { 'isolation.level': 'read_committed' }
    const read = await tools!.consoleConsumer(bootstrapServers, { topic: 'orders', count: 2000, partition: 0, properties })
    expect(read.map(({ offset, value }) => [offset, value])).toEqual(committed.map(({ offset, value }) => [offset, `${value}`]))
    expect(kafka.failures, kafka.requests.format()).toEqual([])
  }, 240_000)
})
