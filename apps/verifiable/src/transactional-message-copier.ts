import { Consumer, type ConsumerOptions, type PartitionRecords } from '@k/consumer'
import { FencedError, KafkaError, Producer, type Transaction, TransactionError } from '@k/producer'
import { runCommand, type Values } from './command-line.ts'
import { CopyProgress } from './copy-progress.ts'
import { endWithoutReaders } from './json-lines.ts'
import { stopSignal } from './stop-signal.ts'

const definitions = {
  'input-topic': { type: 'text', required: true, help: 'Consume messages from this topic.' },
  'input-partition': { type: 'integer', required: true, help: 'Consume messages from this partition of the input topic.' },
  'output-topic': { type: 'text', required: true, help: 'Produce messages to this topic, into the partitions that they come from.' },
  'broker-list': { type: 'text', required: true, metavar: 'HOST1:PORT1[,HOST2:PORT2[...]]', help: 'The brokers to connect to first.' },
  'max-messages': {
    type: 'integer',
    help: 'How many messages, but no more than there are at the start; -1, which is the default, sets no limit of its own.',
  },
  'consumer-group': { type: 'text', help: 'The group that keeps the offsets. Default: -1.' },
  'transaction-size': { type: 'integer', help: 'Messages in each transaction, at most. Default: 200.' },
  'transaction-timeout': { type: 'integer', help: 'Milliseconds after which the broker aborts an open transaction. Default: 60000.' },
  'transactional-id': { type: 'text', required: true, help: 'The transactional id of the producer.' },
  'enable-random-aborts': { type: 'flag', help: 'Aborts one transaction in three.' },
  'group-mode': {
    type: 'flag',
    help: 'Subscribes to the input topic, whose partitions the group shares out. --input-partition is not looked at.',
  },
  'use-group-metadata': { type: 'flag', help: 'Commits offsets as a member of the group, so that members that were replaced are fenced.' },
} as const

type Arguments = Values<typeof definitions>

// How long nothing may come before that is told.
const IDLE_MS = 200

/** Copies messages from one topic to another, each with the offset that says so, in transactions. */
class TransactionalMessageCopier {
  readonly #values: Arguments
  readonly #group: string
  readonly #producer: Producer
  readonly #consumer: Consumer
  readonly #progress: CopyProgress

  constructor(values: Arguments) {
    this.#values = values
    this.#group = values['consumer-group'] ?? '-1'
    const bootstrapServers = values['broker-list'] as string
    const transactionalId = values['transactional-id'] as string
    const limit = values['max-messages'] ?? -1
    this.#progress = new CopyProgress(transactionalId, limit < 0 ? Number.MAX_SAFE_INTEGER : limit)
    this.#producer = new Producer({ bootstrapServers, transactionalId, transactionTimeoutMs: values['transaction-timeout'] ?? 60_000 })
    this.#consumer = new Consumer(this.#consumerOptions(bootstrapServers))
  }

  #consumerOptions(bootstrapServers: string): ConsumerOptions {
    const { 'input-topic': topic = '', 'group-mode': isMember, 'transaction-size': size = 200 } = this.#values
    const options = {
      bootstrapServers,
      groupId: this.#group,
      isolationLevel: 'read_committed',
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
      maxPollRecords: size,
      sessionTimeoutMs: 10_000,
      heartbeatIntervalMs: 3_000,
      maxPollIntervalMs: 180_000,
    } as const
    if (!isMember) return options
    const onPartitionsAssigned = async () => this.#progress.rebalanced(await this.#remaining())
    return { ...options, topics: [topic], listener: { onPartitionsAssigned } }
  }

  /** Resolves when everything is copied that was there at the start, or the signal aborts. @throws FencedError, KafkaError */
  async run(signal: AbortSignal): Promise<void> {
    try {
      // First, so that the committed offsets are those of transactions that have ended.
      await this.#producer.connect()
      if (!this.#values['group-mode']) {
        this.#consumer.assign([{ topic: this.#values['input-topic'] as string, partition: this.#values['input-partition'] as number }])
        this.#progress.started(await this.#remaining())
      }
      await this.#copyAll(signal)
    } finally {
      await Promise.allSettled([this.#producer.close(), this.#consumer.close()])
    }
    this.#progress.tell('ShutdownComplete')
  }

  async #copyAll(signal: AbortSignal): Promise<void> {
    const batches = this.#consumer.batches()
    let next: Promise<IteratorResult<PartitionRecords, void>> | undefined
    while (!signal.aborted && this.#progress.remaining > 0) {
      this.#progress.tell('ProcessLoop')
      next ??= batches.next()
      const result = await Promise.race([next, idle(signal)])
      if (result === undefined) continue
      next = undefined
      if (result.done) return
      await this.#copy(result.value)
    }
    // close() ends it.
    next?.catch(() => {})
  }

  async #copy(batch: PartitionRecords): Promise<void> {
    const transaction = await this.#producer.beginTransaction()
    try {
      for (const { partition, key, value } of batch.records) {
        const room = transaction.enqueue({ topic: this.#values['output-topic'] as string, partition, key, value })
        if (room !== undefined) await room
      }
      const { topic, partition, lastOffset } = batch
      await transaction.sendOffsets([{ topic, partition, offset: lastOffset + 1 }], this.#groupMetadata())
      if (this.#values['enable-random-aborts'] && Math.random() < 1 / 3) {
        await transaction.abort()
        await this.#consumer.seekToCommitted()
        return
      }
      await transaction.commit()
      this.#progress.copied(batch.records.length)
    } catch (error) {
      await this.#startAgain(transaction, error)
    }
  }

  /** After a transaction that did not become one. @throws FencedError */
  async #startAgain(transaction: Transaction, error: unknown): Promise<void> {
    if (FencedError.is(error) || !KafkaError.is(error)) throw error
    process.stderr.write(`${error.name}: ${error.message}\n`)
    // Before the next transaction begins, the producer finds out what became of this one; not earlier are the committed offsets to be trusted.
    const isUnknown = TransactionError.is(error) && error.outcome === 'unknown'
    if (isUnknown) await (await this.#producer.beginTransaction()).abort()
    else await transaction.abort()
    await this.#consumer.seekToCommitted()
    // It may have been committed after all.
    if (isUnknown) this.#progress.started(await this.#remaining())
  }

  #groupMetadata() {
    return this.#values['use-group-metadata'] ? this.#consumer.groupMetadata() : { groupId: this.#group, generationId: -1, memberId: '' }
  }

  /** How many offsets lie between where we stand and the end. */
  async #remaining(): Promise<number> {
    const partitions = this.#consumer.assignment()
    const ends = await this.#consumer.endOffsets(partitions)
    const positions = await Promise.all(partitions.map((partition) => this.#consumer.position(partition)))
    return ends.reduce((sum, { offset }, i) => sum + offset - (positions[i] as number), 0)
  }
}

function idle(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve(undefined)
    }
    const timer = setTimeout(end, IDLE_MS)
    signal.addEventListener('abort', end)
  })
}

const about =
  'Copies messages from an input partition to an output topic in transactions, which commit the offsets along with the messages.'

endWithoutReaders()
await runCommand({ command: 'transactional-message-copier', about, definitions }, async (values) => {
  const signal = stopSignal()
  await new TransactionalMessageCopier(values).run(signal)
})
