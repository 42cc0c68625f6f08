import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConsoleRecord, KafkaTools } from '@tooling/kafka'
import type { Judge, JudgedRecord } from './judge.ts'
import { partitionsOf } from './judge.ts'

const TOPICS = 'org.apache.kafka.tools.TopicCommand'
const CONFIGS = 'kafka.admin.ConfigCommand'
const RECORDS = 'org.apache.kafka.tools.DeleteRecordsCommand'
const GROUPS = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'

const recordOf = ({ partition, offset, timestamp, key, value, headers }: ConsoleRecord): JudgedRecord => ({
  partition: partition!,
  offset: offset!,
  timestamp: timestamp!,
  key,
  value,
  headers,
})

const numbers = (text: string) => text.split(',').map(Number)

/** The rows of a table of a tool, by the names in its head; several tables may follow one another. */
function tableOf(text: string): Record<string, string>[] {
  const lines = text.split('\n').map((line) => line.trim())
  const head = lines.find((line) => line.startsWith('GROUP'))?.split(/\s+/) ?? []
  return lines
    .filter((line) => line !== '' && !line.startsWith('GROUP'))
    .map((line) => line.split(/\s+/))
    .filter(({ length }) => length >= head.length)
    .map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i]!])))
}

/** Kafka's own console tools, a process for each call. */
export function javaJudge(tools: KafkaTools, bootstrapServers: string, groupProtocol: 'classic' | 'consumer'): Judge {
  const run = async (className: string, ...args: string[]) => {
    const { code, stdout, stderr } = await tools.run(className, ['--bootstrap-server', bootstrapServers, ...args])
    // Some tools end with 0 whatever happened.
    if (code !== 0 || /\bError\b|Exception/.test(stdout + stderr))
      throw new Error(`${className} ${args.join(' ')}: ${code} ${stdout}${stderr}`)
    return stdout
  }
  const topic = (name: string) => ['--entity-type', 'topics', '--entity-name', name]

  return {
    async createTopic(name, { partitions, replicationFactor, configs = {} }) {
      const details = Object.entries(configs).flatMap(([key, value]) => ['--config', `${key}=${value}`])
      await run(
        TOPICS,
        '--create',
        '--topic',
        name,
        '--partitions',
        `${partitions}`,
        '--replication-factor',
        `${replicationFactor}`,
        ...details,
      )
    },
    async deleteTopic(name) {
      await run(TOPICS, '--delete', '--topic', name)
    },
    topics: async () => (await run(TOPICS, '--list')).split('\n').filter(Boolean),
    async partitions(name) {
      const text = await run(TOPICS, '--describe', '--topic', name)
      const rows = text.matchAll(/Partition: (\d+)\s+Leader: (\d+)\s+Replicas: (\S+)\s+Isr: (\S+)/g)
      return [...rows].map(([, partition, leader, replicas, isr]) => ({
        partition: Number(partition),
        leader: Number(leader),
        replicas: numbers(replicas!),
        isr: numbers(isr!),
      }))
    },
    async createPartitions(name, count) {
      await run(TOPICS, '--alter', '--topic', name, '--partitions', `${count}`)
    },
    async configs(name) {
      const text = await run(CONFIGS, ...topic(name), '--describe')
      return Object.fromEntries([...text.matchAll(/^\s+([\w.]+)=(\S*) sensitive/gm)].map(([, key, value]) => [key!, value!]))
    },
    async alterConfigs(name, configs) {
      const list = Object.entries(configs).map(([key, value]) => `${key}=${value}`)
      await run(CONFIGS, ...topic(name), '--alter', '--add-config', list.join())
    },
    async deleteRecords(name, partition, before) {
      const file = join(tmpdir(), `delete-records-${randomUUID()}.json`)
      await writeFile(file, JSON.stringify({ partitions: [{ topic: name, partition, offset: before }], version: 1 }))
      try {
        await run(RECORDS, '--offset-json-file', file)
      } finally {
        await rm(file)
      }
    },
    groups: async () => (await run(GROUPS, '--list')).split('\n').filter(Boolean),
    async group(group) {
      const describe = ['--describe', '--group', group]
      const [state] = tableOf((await run(GROUPS, ...describe, '--state')).replace('COORDINATOR (ID)', 'COORDINATOR ID'))
      const members = tableOf(await run(GROUPS, ...describe, '--members', '--verbose'))
      return {
        state: state!.STATE!,
        members: members.map((row) => {
          const [, name, list] = /^(.+):([\d,]+)$/.exec(row['CURRENT-ASSIGNMENT'] ?? row.ASSIGNMENT!)!
          return partitionsOf(name!, numbers(list!))
        }),
      }
    },
    async deleteGroup(group) {
      await run(GROUPS, '--delete', '--group', group)
    },
    async offsets(group) {
      const rows = tableOf(await run(GROUPS, '--describe', '--group', group, '--offsets'))
      return rows.map((row) => ({ topic: row.TOPIC!, partition: Number(row.PARTITION), offset: Number(row['CURRENT-OFFSET']) }))
    },
    async commit(group, { topic, partition, offset }) {
      const what = ['--topic', `${topic}:${partition}`, '--to-offset', `${offset}`, '--execute']
      await run(GROUPS, '--reset-offsets', '--group', group, ...what)
    },
    send: ({ topic, records, compression = 'none' }) =>
      tools.consoleProducer(bootstrapServers, { topic, records: [...records], properties: { 'compression.type': compression } }),
    async read(topic, { count, isolationLevel = 'read_uncommitted' }) {
      const properties = { 'isolation.level': isolationLevel, 'group.protocol': 'classic' }
      return (await tools.consoleConsumer(bootstrapServers, { topic, count, partition: 0, properties })).map(recordOf)
    },
    async join(group, topic) {
      const properties = { 'group.protocol': groupProtocol, 'auto.commit.interval.ms': '100', 'fetch.max.wait.ms': '50' }
      const classic = { 'heartbeat.interval.ms': '200', 'session.timeout.ms': '10000' }
      const member = await tools.startConsoleConsumer(bootstrapServers, {
        topic,
        group,
        properties: { ...properties, ...(groupProtocol === 'classic' && classic) },
      })
      return { seen: async () => member.records().map(recordOf), leave: () => member.stop() }
    },
    close: async () => {},
  }
}
