import { type Clock, ConfigError, type Random, type Transport } from '@k/protocol'
import { FakeCluster } from '../fake-cluster.ts'
import type { FakeClusterOptions } from '../fake-cluster-options.ts'
import { checkCallback, checkNames, shown } from '../option-checks.ts'
import { VirtualClock } from '../time/virtual-clock.ts'
import { SeededRandom } from './seeded-random.ts'
import { Trace, TracedTransport } from './trace.ts'

/** What clients in a simulation must be given, so that they live in its time and by its chance. */
export interface SimulatedClientOptions {
  /** The addresses of all brokers, which the transport knows. */
  readonly bootstrapServers: string
  /** Leads to the brokers over the simulated network. */
  readonly transport: Transport
  /** The simulation's time. */
  readonly clock: Clock
  /** The simulation's chance. */
  readonly random: Random
}

/** What a scenario has in its hands. */
export interface Simulation {
  /** What brings the same run again. */
  readonly seed: number
  /** The cluster. It is closed when the scenario has ended. */
  readonly kafka: FakeCluster
  /** The time of everybody. It goes on by itself, as soon as everybody waits. */
  readonly clock: VirtualClock
  /** The chance of everybody; choose what the scenario does by it. */
  readonly random: SeededRandom
  /** Options for each client: `new Producer({ ...simulation.clientOptions })`. Codecs have to be synchronous, see {@link synchronousGzip}. */
  readonly clientOptions: SimulatedClientOptions
  /** Waits for `ms` of virtual time. */
  sleep(ms: number): Promise<void>
  /** Writes a line into the trace. */
  note(text: string): void
}

/** How a simulation is to be. */
export interface SimulationOptions {
  /** The cluster's options. Default: one broker. */
  readonly cluster?: Omit<FakeClusterOptions, 'clock' | 'random' | 'tcp' | 'port' | 'tls' | 'latencyMs'>
  /** How long bytes are under way in each direction, from and to, in ms of virtual time; each time drawn by the seed. Default: [0, 10] */
  readonly latencyMs?: readonly [min: number, max: number]
  /** Milliseconds of virtual time after which the scenario counts as hung. Default: 3600000, an hour */
  readonly limitMs?: number
}

/** What came of a simulation. */
export interface SimulationResult<T> {
  /** What brings the same run again. */
  readonly seed: number
  /** What the scenario returned. */
  readonly value: T
  /** What happened, line by line: the latest 100,000 or more. The same seed brings the same lines. */
  readonly trace: readonly string[]
  /** Milliseconds of virtual time that it took. */
  readonly virtualMs: number
}

/** How much of its trace a failure shows. */
const SHOWN_LINES = 12

/**
 * Runs clients and a cluster in one virtual time, with a network that lives in memory and takes as long as the seed has it: the same seed brings
 * the same run, bytes and all. A failure says by which seed it comes again, and what happened last.
 *
 * Only what takes its time, its chance and its connections from `simulation.clientOptions` is simulated. Real timers, sockets and threads are
 * not waited for; that is why codecs must be synchronous.
 * @throws ConfigError for a wrong option; what the scenario throws, its message with the seed in front; KafkaError TIMED_OUT where it hangs
 */
export async function simulate<T>(
  seed: number,
  scenario: (simulation: Simulation) => Promise<T>,
  options: SimulationOptions = {},
): Promise<SimulationResult<T>> {
  if (typeof seed !== 'number') throw new ConfigError('seed', `must be a number, such as 1 (then the scenario follows), not ${shown(seed)}`)
  checkCallback('the scenario', scenario)
  checkNames('simulate', options, ['cluster', 'latencyMs', 'limitMs'])
  const { cluster = {}, latencyMs = [0, 10], limitMs } = options
  for (const name of ['clock', 'random', 'tcp', 'port', 'tls', 'latencyMs']) {
    if (name in cluster) throw new ConfigError(`cluster.${name}`, 'is decided by the simulation: leave it out')
  }
  const random = new SeededRandom(seed)
  const clock = new VirtualClock({ random })
  const trace = new Trace(clock)
  let kafka: FakeCluster | undefined
  const live = async () => {
    kafka = await FakeCluster.start({ ...cluster, tcp: false, clock, random, latencyMs })
    const { bootstrapServers } = kafka
    const clientOptions = { bootstrapServers, transport: new TracedTransport(kafka.transport, trace), clock, random }
    const note = (text: string) => trace.add(text)
    try {
      return await scenario({ seed, kafka, clock, random, clientOptions, sleep: (ms) => clock.sleep(ms), note })
    } finally {
      await kafka.close()
    }
  }
  try {
    const value = await clock.run(live, limitMs === undefined ? {} : { limitMs })
    return { seed, value, trace: trace.lines, virtualMs: clock.monotonic() }
  } catch (error) {
    // A scenario that hangs never ends by itself.
    await kafka?.close()
    throw told(error, seed, trace)
  }
}

/** The error with the seed in front of its message; errors stay what they are, so that a test runner shows their differences. */
function told(error: unknown, seed: number, trace: Trace): unknown {
  const last = trace.lines.slice(-SHOWN_LINES).map((line) => `  ${line}`)
  const end = last.length === 0 ? '' : `\nWhat happened last:\n${last.join('\n')}`
  const message = (what: string) => `simulation with seed ${seed}: ${what}${end}`
  if (!(error instanceof Error)) return new Error(message(String(error)), { cause: error })
  try {
    // Read first: a stack has the message of the time when it was first looked at.
    const { message: before, stack } = error
    error.message = message(before)
    if (before !== '' && stack?.includes(before)) error.stack = stack.replace(before, () => error.message)
    return error
  } catch {
    return new Error(message(error.message), { cause: error })
  }
}
