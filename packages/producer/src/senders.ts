import type { TopicMetadata } from '@k/network'
import type { Meters } from './meters.ts'
import type { PartitionQueue, QueueRules } from './partition-queue.ts'
import type { AccumulatorHost, RecordAccumulator } from './record-accumulator.ts'
import { Sender, type SenderHost, type SenderOptions } from './sender.ts'
import type { TopicQueue } from './topic-queue.ts'

/** What the senders of a producer need. */
export interface SendersOptions extends SenderOptions, QueueRules {
  readonly meters: Meters
  accumulator(): Pick<RecordAccumulator, 'mayLeave' | 'giveUp'>
}

/** The senders of a producer: one for each broker that leads something. A partition goes to whoever leads it at the time. */
export class Senders implements SenderHost, AccumulatorHost {
  readonly rules: SendersOptions
  readonly #senders = new Map<number, Sender>()

  constructor(options: SendersOptions) {
    this.rules = options
  }

  /** The partition may have something to send. */
  ready(queue: PartitionQueue): void {
    if (queue.waiting.length === 0) return
    const { leader } = queue
    if (leader < 0) {
      queue.listedBy = undefined
      this.rules.lookup.want(queue.topic)
      return
    }
    let sender = this.#senders.get(leader)
    if (sender === undefined) {
      sender = new Sender(leader, this.rules, this)
      this.#senders.set(leader, sender)
    }
    sender.add(queue)
  }

  lookUp({ name }: TopicQueue): void {
    const { identity, lookup } = this.rules
    identity?.ask?.()
    lookup.want(name)
  }

  metadataOf(topic: string): TopicMetadata | undefined {
    return this.rules.cluster.topic(topic)
  }

  /** Since when a broker has left batches waiting (monotonic); undefined where it takes what there is. */
  blockedSince(broker: number): number | undefined {
    return this.#senders.get(broker)?.blockedSince
  }

  /** Lets every sender send what is ready. */
  drain(): void {
    for (const sender of this.#senders.values()) sender.drain()
  }

  /** Stops all timers. */
  close(): void {
    for (const sender of this.#senders.values()) sender.close()
  }
}
