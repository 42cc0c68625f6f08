import { Producer, type ProducerOptions } from '@k/producer'
import { formatRequest, SeededRandom, type Simulation, simulate, synchronousGzip } from '@k/testing'
import { Disturbances } from './disturbances.ts'
import { Ledger } from './ledger.ts'
import { Load } from './load.ts'
import { type Plan, type ProducerPlan, planOf, topicNames } from './plan.ts'
import { TransactionLoad } from './transaction-load.ts'
import { transactionVerdictOf } from './transaction-verdict.ts'
import { verdictOf } from './verdict.ts'
import { WatchedClock } from './watched-clock.ts'

/** What came of a run. */
export interface ProduceRun {
  readonly seed: number
  /** What was broken of what a producer promises, in sentences; empty where all was kept. */
  readonly broken: readonly string[]
  readonly figures: ProduceFigures
  /** What happened, line by line. */
  readonly trace: readonly string[]
}

/** What a run went through. */
export interface ProduceFigures {
  readonly records: number
  readonly written: number
  readonly maybe: number
  readonly not: number
  readonly transactions: number
  readonly committed: number
  readonly unknown: number
  readonly disturbances: number
  readonly virtualMs: number
}

/** How a run is made otherwise than by the seed. */
export interface ProduceRunOptions {
  /** Makes the producers: to be tried in the real one's place. Default: `new Producer(options)` */
  readonly newProducer?: (options: ProducerOptions) => Producer
  /** Whether the trace has every request. Default: false */
  readonly tracesRequests?: boolean
}

/**
 * Producing among everything that can go wrong, as the seed has it: when all is well again the log is compared with what was said of every
 * record. The same seed brings the same run.
 * @throws what `simulate` throws where the run hangs
 */
export async function simulateProducing(seed: number, options: ProduceRunOptions = {}): Promise<ProduceRun> {
  const plan = planOf(new SeededRandom(seed))
  const cluster = { ...plan.cluster, codecs: [synchronousGzip] }
  const { value, trace, virtualMs } = await simulate(seed, (simulation) => produce(simulation, plan, options), { cluster })
  return { seed, ...value, figures: { ...value.figures, virtualMs }, trace }
}

type Scene = Pick<ProduceRun, 'broken'> & { readonly figures: Omit<ProduceFigures, 'virtualMs'> }

async function produce(simulation: Simulation, plan: Plan, options: ProduceRunOptions): Promise<Scene> {
  const { kafka, clock, note } = simulation
  if (options.tracesRequests) traceRequests(simulation)
  note(`plan: ${JSON.stringify({ ...plan, producers: plan.producers.map(described) })}`)
  const ledger = new Ledger(() => clock.monotonic())
  const disturbances = new Disturbances(simulation, plan)
  const watched = new WatchedClock(clock)
  const { newProducer = (o) => new Producer(o) } = options
  const producerOf = ({ settings }: ProducerPlan, more: object = {}) =>
    newProducer({ ...simulation.clientOptions, clock: watched, ...settings, ...more } as ProducerOptions)

  const stage = plan.isTransactional
    ? transactions(simulation, plan, ledger, disturbances, producerOf)
    : records(simulation, plan, ledger, disturbances, producerOf)
  const { judge, count } = await stage
  // Bytes that say goodbye are on their way.
  await simulation.sleep(50)
  const broken = [...ledger.violations]
  if (plan.lies) broken.length = 0
  const isLost = ledger.sent.filter(({ told }) => told === 'pending').length
  if (plan.lies && isLost > 0) broken.push(`${isLost} records were never told of`)
  if (!plan.lies) broken.push(...judge())
  if (watched.pending > 0) broken.push(`${watched.pending} timers are set after close`)
  const connections = kafka.brokers.reduce((sum, { connectionCount }) => sum + connectionCount, 0)
  if (connections > 0) broken.push(`${connections} connections are open after close`)
  if (!plan.lies) for (const failure of kafka.failures) broken.push(`the cluster failed: ${failure}`)
  for (const one of broken) note(`broken: ${one}`)
  const told = (what: string) => ledger.sent.filter((one) => one.told === what).length
  const figures = {
    records: ledger.sent.length,
    written: told('written'),
    maybe: told('maybe'),
    not: told('not'),
    disturbances: plan.disturbances,
  }
  return { broken, figures: { ...figures, ...count() } }
}

interface Stage {
  judge(): string[]
  count(): Pick<ProduceFigures, 'transactions' | 'committed' | 'unknown'>
}

type ProducerOf = (plan: ProducerPlan, more?: object) => Producer

async function records(
  simulation: Simulation,
  plan: Plan,
  ledger: Ledger,
  disturbances: Disturbances,
  producerOf: ProducerOf,
): Promise<Stage> {
  const { kafka, random, sleep } = simulation
  const loads = plan.producers.map((producer, i) => new Load(simulation, ledger, producerOf(producer), i))
  const working = plan.producers.map(async ({ calls, closesEarly }, i) => {
    const load = loads[i]!
    const running = load.run(calls)
    if (closesEarly) {
      await sleep(random.below(300))
      await load.close(random.below(500))
    }
    await running
  })
  await Promise.all([...working, disturbances.run()])
  await disturbances.heal()
  await Promise.all(loads.map((load) => load.settled()))
  // Backoffs of what was down run out.
  await sleep(500)
  for (const [i, load] of loads.entries()) {
    if (plan.producers[i]!.closesEarly || plan.producers[i]!.acks === 0) continue
    for (const { name, partitions } of kafka.snapshot().topics) for (const { partition } of partitions) await load.last(name, partition)
  }
  await Promise.all(loads.map((load) => load.close(undefined)))
  const logs = () => [...disturbances.logs, ...topicNames.map((topic) => ({ topic, records: kafka.records(topic) }))]
  return {
    judge: () => verdictOf(ledger.sent, logs(), disturbances.forgotten, plan),
    count: () => ({ transactions: 0, committed: 0, unknown: 0 }),
  }
}

async function transactions(
  simulation: Simulation,
  plan: Plan,
  ledger: Ledger,
  disturbances: Disturbances,
  producerOf: ProducerOf,
): Promise<Stage> {
  const { kafka } = simulation
  const loads = plan.producers.map((producer, i) => {
    const transactionalId = `copier-${i}`
    const transactionTimeoutMs = 1_000 + simulation.random.below(5_000)
    return new TransactionLoad(simulation, ledger, i, transactionalId, () =>
      producerOf(producer, { transactionalId, transactionTimeoutMs }),
    )
  })
  await Promise.all([...loads.map((load, i) => load.run(plan.producers[i]!.calls)), disturbances.run()])
  await disturbances.heal()
  await simulation.sleep(500)
  for (const load of loads) await load.last()
  await Promise.all(loads.map((load) => load.close()))
  const all = () => loads.flatMap((load) => load.transactions)
  return {
    judge: () => transactionVerdictOf(kafka, loads, plan),
    count: () => ({
      transactions: all().length,
      committed: all().filter(({ end }) => end === 'committed').length,
      unknown: all().filter(({ end }) => end === 'unknown').length,
    }),
  }
}

function described({ settings: { compression, partitioner, ...settings }, ...plan }: ProducerPlan) {
  return { ...plan, settings: { ...settings, compression: compression !== undefined, partitioner: partitioner !== undefined } }
}

function traceRequests({ kafka, note }: Simulation): void {
  kafka.requests.onRequest(() => {
    const latest = kafka.requests.list().at(-1)
    if (latest !== undefined) note(`request ${formatRequest(latest)}`)
  })
}
