import type { BenchProducerOptions } from './bench-producer.ts'
import type { Values } from './samples.ts'

/** How records are handed in. */
export type Mode = 'arrays' | 'awaits' | 'pour' | 'one by one' | 'transactions'

/** What one worker does. */
export interface Task extends Omit<BenchProducerOptions, 'isText'> {
  readonly client: ClientName
  readonly mode: Mode
  readonly values: Values
  /** Records, or transactions. */
  readonly total: number
}

/** What it cost. */
export interface Result {
  readonly cpuSeconds: number
  readonly wallSeconds: number
  readonly maxRssMb: number
  /** One by one: the median. */
  readonly latencyMs: number
}

/** Who is compared inside of Node. */
export type ClientName = '@k' | 'kafkajs' | '@platformatic/kafka'
