import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Cluster } from '@k/network'
import { Producer } from '@k/producer'
import type { KafkaCluster } from '@tooling/kafka'
import { scratchTopic } from '../scratch-topic.ts'
import { readAll } from './read-all.ts'
import { makeTrouble, type TroubleFigures } from './trouble.ts'

/** What came of copying in transactions while brokers and copiers died. */
export interface TransactionalFigures extends TroubleFigures {
  /** Processes of copiers that were started, and of them those that SIGKILL ended. */
  readonly copiers: number
  readonly copiersKilled: number
  readonly copied: number
  /** Transactions that were committed, as copiers said. */
  readonly committed: number
  /** In the input, and not in the committed output. */
  readonly lost: number
  readonly doubled: number
  readonly reordered: number
  /** What Java's consumer of committed records sees otherwise than ours. */
  readonly differentInJava: number
}

const PARTITIONS = 2
const CALL = 20
const PAUSE_MS = 120
/** One whose commit nobody confirmed waits for records that it has copied already: the next one knows better. */
const STALL_MS = 15_000
const copier = fileURLToPath(new URL('../../../verifiable/src/transactional-message-copier.ts', import.meta.url))

/**
 * Copies a topic that grows into another, each partition by a process of its own in transactions that commit the offsets along, one in three of them
 * aborted; brokers and copiers are killed meanwhile. In the end everything is to be there once and in order for who reads what is committed.
 */
export async function transactionalChaos(kafka: KafkaCluster, ms: number): Promise<TransactionalFigures> {
  const { bootstrapServers } = kafka
  const input = await scratchTopic(bootstrapServers, { partitions: PARTITIONS, replicationFactor: 3 })
  const output = await scratchTopic(bootstrapServers, { partitions: PARTITIONS, replicationFactor: 3 })
  const until = Date.now() + ms
  await using filler = new Producer({ bootstrapServers, logger: null })
  await using cluster = new Cluster({ bootstrapServers, logger: null })
  const victims = async () => {
    const of = Math.random() < 0.5 ? { transactionalId: `${output}-0` } : { group: `${output}-0` }
    cluster.forgetCoordinator(of)
    const { id } = await cluster.coordinator(of)
    const leaders = (await filler.partitionsFor(output)).map(({ leader }) => leader).filter((leader) => leader >= 0)
    return [id, ...leaders]
  }
  const copying = Array.from({ length: PARTITIONS }, (_, partition) => new Copying(bootstrapServers, input, output, partition))
  const runs = copying.map((one) => one.run(until))
  const trouble = makeTrouble(kafka, until, victims)
  await fill(filler, input, until)
  const done = await trouble
  await Promise.all(runs)
  // Whatever is left, and nobody is killed any more.
  await Promise.all(copying.map((one) => one.finish()))

  const wanted = (await readAll(bootstrapServers, input, 'read_committed')).map(valuesOf)
  const written = await readAll(bootstrapServers, output, 'read_committed')
  const read = written.map(valuesOf)
  let differentInJava = 0
  for (const [partition, values] of read.entries()) {
    const properties = { 'isolation.level': 'read_committed' }
    const java =
      values.length === 0
        ? []
        : await kafka.consoleConsumer({ topic: output, partition, count: values.length, properties, timeoutMs: 60_000 })
    differentInJava += values.filter((value, i) => java[i]?.value !== value).length
  }
  const sum = (count: (one: Copying) => number) => copying.reduce((total, one) => total + count(one), 0)
  const figures = compared(wanted, read)
  if (figures.lost + figures.doubled + figures.reordered > 0) {
    // Enough to find out why: nobody can bring it about again.
    for (const [partition, records] of written.entries()) {
      console.error(`partition ${partition}: ${records.map(({ offset, value }) => `${offset}=${value}`).join(' ')}`)
      console.error(copying[partition]!.story.join('\n'))
    }
  }
  return {
    ...done,
    copiers: sum(({ started }) => started),
    copiersKilled: sum(({ killed }) => killed),
    committed: sum(({ committed }) => committed),
    copied: read.flat().length,
    differentInJava,
    ...figures,
  }
}

const valuesOf = (records: readonly { readonly value: string }[]) => records.map(({ value }) => value)

async function fill(producer: Producer, topic: string, until: number): Promise<void> {
  const sends: Promise<unknown>[] = []
  for (let i = 0; Date.now() < until; i += CALL) {
    sends.push(producer.send(Array.from({ length: CALL }, (_, j) => ({ topic, partition: (i + j) % PARTITIONS, value: `${i + j}` }))))
    await sleep(PAUSE_MS)
  }
  await Promise.all(sends)
}

function compared(wanted: readonly string[][], read: readonly string[][]): Pick<TransactionalFigures, 'lost' | 'doubled' | 'reordered'> {
  let lost = 0
  let doubled = 0
  let reordered = 0
  for (const [partition, values] of wanted.entries()) {
    const found = new Set<string>()
    let last = -1
    for (const value of read[partition]!) {
      if (found.has(value)) doubled += 1
      else if (Number(value) < last) reordered += 1
      else last = Number(value)
      found.add(value)
    }
    lost += values.filter((value) => !found.has(value)).length
  }
  return { lost, doubled, reordered }
}

/** The copiers of one partition, one after the other under one transactional id. */
class Copying {
  started = 0
  killed = 0
  committed = 0
  /** What copiers did and said, with the time. */
  readonly story: string[] = []
  #progressedAt = 0
  readonly #arguments: readonly string[]
  readonly #partition: number

  constructor(bootstrapServers: string, input: string, output: string, partition: number) {
    this.#partition = partition
    const name = `${output}-${partition}`
    this.#arguments = [
      ...['--broker-list', bootstrapServers, '--input-topic', input, '--input-partition', String(partition), '--output-topic', output],
      ...['--transactional-id', name, '--consumer-group', name, '--transaction-size', '20', '--transaction-timeout', '10000'],
      '--enable-random-aborts',
    ]
  }

  /** Starts one after the other until `until`; most of them are killed. */
  async run(until: number): Promise<void> {
    while (Date.now() < until) {
      const child = this.#start()
      const ended = once(child, 'exit')
      const timer = setTimeout(() => child.kill('SIGKILL'), 1_000 + Math.random() * 5_000)
      const [, signal] = await ended
      clearTimeout(timer)
      this.#tell(`ended with ${signal}`)
      if (signal === 'SIGKILL') this.killed += 1
    }
  }

  /** Copies the rest. @throws Error where no copier gets to the end */
  async finish(): Promise<void> {
    let said = ''
    for (let attempt = 0; attempt < 10; attempt++) {
      const child = this.#start()
      said = ''
      child.stderr?.on('data', (text: Buffer) => {
        said += text
      })
      const ended = once(child, 'exit')
      const watch = setInterval(() => {
        if (Date.now() - this.#progressedAt > STALL_MS) child.kill('SIGKILL')
      }, 1_000)
      const [code] = await ended
      clearInterval(watch)
      if (code === 0) return
    }
    throw new Error(`the copier of partition ${this.#partition} did not get to the end: ${said.slice(-2_000)}`)
  }

  #start(): ChildProcess {
    this.started += 1
    this.#progressedAt = Date.now()
    const child = spawn(process.execPath, ['--conditions=@k/source', copier, ...this.#arguments], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#tell('started')
    child.stderr.on('data', (text: Buffer) => this.#tell(String(text)))
    let rest = ''
    let totalProcessed = 0
    child.stdout.on('data', (text: Buffer) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        const told = JSON.parse(line) as { totalProcessed?: number }
        if ((told.totalProcessed ?? 0) <= totalProcessed) continue
        totalProcessed = told.totalProcessed!
        this.committed += 1
        this.#progressedAt = Date.now()
        this.#tell(`committed, ${line}`)
      }
    })
    return child
  }

  #tell(what: string): void {
    this.story.push(`${new Date().toISOString()} copier ${this.started}: ${what.trim()}`)
  }
}
