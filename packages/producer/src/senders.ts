import type { PartitionQueue } from './partition-queue.ts'
import { Sender, type SenderOptions } from './sender.ts'

/** The senders of a producer: one for each broker that leads something. A partition goes to whoever leads it at the time. */
export class Senders {
  readonly #options: SenderOptions
  readonly #senders = new Map<number, Sender>()

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** The partition may have something to send. */
  ready(queue: PartitionQueue): void {
    if (queue.waiting.length === 0) return
    const { leader } = queue
    if (leader < 0) {
      queue.listedBy = undefined
      this.#options.lookup.want(queue.topic)
      return
    }
    let sender = this.#senders.get(leader)
    if (sender === undefined) {
      sender = new Sender(leader, this.#options, this)
      this.#senders.set(leader, sender)
    }
    sender.add(queue)
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
