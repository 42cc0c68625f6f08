import { setTimeout as sleep } from 'node:timers/promises'
import { ItemsError } from '@k/network'
import { ProduceError, Producer, type RecordMetadata } from '@k/producer'
import type { KafkaCluster } from '@tooling/kafka'
import { scratchTopic } from '../scratch-topic.ts'
import { readAll } from './read-all.ts'
import { makeTrouble, type TroubleFigures } from './trouble.ts'

/** What came of producing while brokers died. */
export interface PlainFigures extends TroubleFigures {
  readonly acknowledged: number
  readonly failed: number
  /** Acknowledged, and not where it was said to be. */
  readonly lost: number
  readonly doubled: number
  readonly reordered: number
  /** Said not to be written, and written. */
  readonly denied: number
}

const PARTITIONS = 6
const CALL = 30
const PAUSE_MS = 10

/** Produces with the defaults, some 3,000 records a second, while leaders are killed and frozen, and compares the log with what was said of each record. */
export async function plainChaos(kafka: KafkaCluster, ms: number): Promise<PlainFigures> {
  const { bootstrapServers } = kafka
  const topic = await scratchTopic(bootstrapServers, { partitions: PARTITIONS, replicationFactor: 3 })
  const producer = new Producer({ bootstrapServers, logger: null })
  const acknowledged = new Map<string, string>()
  const denied = new Set<string>()
  let failed = 0
  const refused = (value: string, error: unknown) => {
    failed += 1
    if (ProduceError.is(error) && !error.maybeWritten) denied.add(value)
  }
  const written = (value: string, { partition, offset, hasOffset }: RecordMetadata) =>
    acknowledged.set(value, hasOffset ? `${partition}:${offset}` : `${partition}:`)
  let sent = 0
  const send = async () => {
    const values = Array.from({ length: CALL }, () => String(sent++))
    const records = values.map((value) => ({ topic, partition: Number(value) % PARTITIONS, value }))
    try {
      for (const [i, metadata] of (await producer.send(records)).entries()) written(values[i]!, metadata)
    } catch (error) {
      if (!ItemsError.is(error)) throw error
      for (const [i, result] of error.results.entries()) {
        if (result.ok) written(values[i]!, result.value as RecordMetadata)
        else refused(values[i]!, result.error)
      }
    }
  }
  const until = Date.now() + ms
  const leaders = async () => (await producer.partitionsFor(topic)).map(({ leader }) => leader).filter((leader) => leader >= 0)
  const trouble = makeTrouble(kafka, until, leaders)
  const sends: Promise<void>[] = []
  while (Date.now() < until) {
    sends.push(send())
    await sleep(PAUSE_MS)
  }
  const done = await trouble
  await Promise.all(sends)
  await producer.close()
  return {
    ...done,
    acknowledged: acknowledged.size,
    failed,
    ...compared(await readAll(bootstrapServers, topic, 'read_uncommitted'), acknowledged, denied),
  }
}

function compared(
  log: Awaited<ReturnType<typeof readAll>>,
  acknowledged: ReadonlyMap<string, string>,
  denied: ReadonlySet<string>,
): Pick<PlainFigures, 'lost' | 'doubled' | 'reordered' | 'denied'> {
  const found = new Map<string, string>()
  let doubled = 0
  let reordered = 0
  for (const [partition, records] of log.entries()) {
    let last = -1
    for (const { offset, value } of records) {
      if (found.has(value)) doubled += 1
      else if (Number(value) < last) reordered += 1
      else last = Number(value)
      found.set(value, `${partition}:${offset}`)
    }
  }
  // Where the broker knew a repeated batch, but not its place any more, only the partition is known.
  const lost = [...acknowledged].filter(([value, place]) => !found.get(value)?.startsWith(place)).length
  return { lost, doubled, reordered, denied: [...denied].filter((value) => found.has(value)).length }
}
