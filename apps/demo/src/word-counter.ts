import { Consumer } from '@k/consumer'
import type { Ledger } from './ledger.ts'
import { countWords } from './text.ts'

/** One member of the group that counts words. */
export class WordCounter {
  readonly name: string
  readonly counts = new Map<string, number>()
  /** How often the group gave this member its partitions. */
  assignments = 0
  /** Settles when the member was closed, or failed. */
  readonly finished: Promise<void>
  readonly #consumer: Consumer
  readonly #ledger: Ledger

  constructor(name: string, o: { topic: string; groupId: string; bootstrapServers: string; ledger: Ledger; say: (line: string) => void }) {
    this.name = name
    this.#ledger = o.ledger
    this.#consumer = new Consumer({
      bootstrapServers: o.bootstrapServers,
      clientId: `demo-${name}`,
      groupId: o.groupId,
      topics: [o.topic],
      autoOffsetReset: 'earliest',
      // Members hear of a rebalance with their next heartbeat: often enough to watch the third one join.
      heartbeatIntervalMs: 500,
      logger: null,
      listener: {
        onPartitionsAssigned: (partitions) => {
          this.assignments += 1
          o.say(
            `${name} reads ${partitions.length === 0 ? 'nothing' : `partitions ${partitions.map(({ partition }) => partition).join(', ')}`}`,
          )
        },
      },
    })
    this.finished = this.#count()
  }

  async #count(): Promise<void> {
    for await (const record of this.#consumer) {
      if (this.#ledger.markRead(record.partition, record.offset)) countWords(record.value?.toString() ?? '', this.counts)
    }
  }

  /** Leaves the group; what was counted is committed. */
  async close(): Promise<void> {
    await this.#consumer.close()
    await this.finished
  }
}

/** The counts of several members as one. */
export function mergeCounts(counters: readonly WordCounter[]): Map<string, number> {
  const total = new Map<string, number>()
  for (const { counts } of counters) {
    for (const [word, count] of counts) total.set(word, (total.get(word) ?? 0) + count)
  }
  return total
}
