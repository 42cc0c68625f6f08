import { type ProduceError, type Producer, type Transaction, TransactionError } from '@k/producer'
import type { Simulation } from '@k/testing'
import type { Ledger, Sent } from './ledger.ts'
import { topicNames } from './plan.ts'

/** What became of a transaction, as its producer was told. */
export type TransactionEnd = 'committed' | 'aborted' | 'unknown'

/** A transaction and what was sent in it. */
export interface SentTransaction {
  readonly sent: Sent[]
  /** The offset that it committed along, which grows from one to the next; 0 for none. */
  offset: number
  end: TransactionEnd | undefined
}

const INPUT = { topic: 'orders', partition: 0 }

/** Transactions of one transactional id, by one producer after the other: one that is fenced, or at its end, is replaced. */
export class TransactionLoad {
  readonly transactions: SentTransaction[] = []
  readonly transactionalId: string
  readonly #simulation: Simulation
  readonly #ledger: Ledger
  readonly #number: number
  readonly #newProducer: () => Producer
  readonly #producers: Producer[] = []
  readonly #zombies: Promise<unknown>[] = []
  #offset = 0

  constructor(simulation: Simulation, ledger: Ledger, number: number, transactionalId: string, newProducer: () => Producer) {
    this.#simulation = simulation
    this.#ledger = ledger
    this.#number = number
    this.transactionalId = transactionalId
    this.#newProducer = newProducer
    this.#replace()
  }

  async run(count: number): Promise<void> {
    const { random, sleep } = this.#simulation
    for (let i = 0; i < count; i++) {
      // One that goes on although another has its name, as after a pause that lasted too long.
      if (random.chance(0.05)) {
        this.#zombies.push(this.#transaction(this.#producer))
        this.#replace()
      }
      if (!(await this.#transaction(this.#producer))) await sleep(random.below(100))
      if (random.chance(0.5)) await sleep(random.below(40))
    }
    await Promise.all(this.#zombies)
  }

  /** Ends what is still open, and shows that transactions work: the one after which nothing is undecided. */
  async last(): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await this.#transaction(this.#producer, true)) return
      await this.#simulation.sleep(500)
    }
    this.#ledger.violations.push(`when all was well again, no transaction of ${this.transactionalId} was committed`)
  }

  async close(): Promise<void> {
    const { random } = this.#simulation
    await Promise.all(this.#producers.map((producer) => producer.close({ timeoutMs: 500 + random.below(1_000) })))
  }

  get #producer(): Producer {
    return this.#producers.at(-1)!
  }

  #replace(): void {
    this.#producers.push(this.#newProducer())
  }

  /** Answers whether it was committed. */
  async #transaction(producer: Producer, isLast = false): Promise<boolean> {
    const { random, sleep } = this.#simulation
    let tx: Transaction
    try {
      tx = await producer.beginTransaction()
    } catch (error) {
      this.#note(`cannot begin: ${error}`)
      // Only a new producer goes on after what is fatal.
      if (producer === this.#producer && !(error as { retriable?: boolean }).retriable) this.#replace()
      return false
    }
    const one: SentTransaction = { sent: [], offset: 0, end: undefined }
    this.transactions.push(one)
    this.#offset += 1
    const offset = this.#offset
    const told: Promise<unknown>[] = []
    for (let i = random.below(5); i >= 0; i--) {
      this.#send(tx, one, told)
      if (random.chance(0.3)) await sleep(random.below(20))
    }
    if (random.chance(0.5) || isLast) {
      one.offset = offset
      const group = { groupId: this.transactionalId, generationId: -1, memberId: '' }
      const committing = tx.sendOffsets([{ ...INPUT, offset }], group).catch(() => {})
      told.push(committing)
      if (random.chance(0.3)) await committing
    }
    if (random.chance(0.3)) await Promise.all(told)
    await this.#end(tx, one, isLast || random.chance(0.7))
    await Promise.all(told)
    this.#note(`${one.sent[0]?.name} and ${one.sent.length - 1} more: ${one.end}`)
    return one.end === 'committed'
  }

  #send(tx: Transaction, one: SentTransaction, told: Promise<unknown>[]): void {
    const { random } = this.#simulation
    const records = Array.from({ length: random.chance(0.5) ? 1 : 1 + random.below(6) }, () => {
      const topic = random.pick(topicNames)
      const sent = this.#ledger.add(this.#number, topic, random.below(100))
      one.sent.push(sent)
      return { sent, record: { topic, value: sent.value, ...(random.chance(0.3) && { partition: 0 }) } }
    })
    const [first] = records
    if (records.length === 1 && random.chance(0.5)) {
      const { sent, record } = first!
      const sending = tx.send(record).then(
        (metadata) => this.#ledger.written(sent, metadata),
        (error) => this.#ledger.failed(sent, error),
      )
      told.push(sending)
    } else if (records.length === 1) {
      const { sent, record } = first!
      told.push(
        new Promise<void>((resolve) => {
          const onDelivery: NonNullable<Parameters<Transaction['enqueue']>[1]>['onDelivery'] = (error, metadata) => {
            if (error === undefined) this.#ledger.written(sent, metadata!)
            else this.#ledger.failed(sent, error)
            resolve()
          }
          try {
            void tx.enqueue(record, { onDelivery })?.catch(() => {})
          } catch (error) {
            onDelivery(error as ProduceError, undefined)
          }
        }),
      )
    } else {
      const all = records.map(({ sent }) => sent)
      const sending = tx.send(records.map(({ record }) => record)).then(
        (result) => this.#ledger.toldMany(all, result, undefined, false),
        (error) => this.#ledger.toldMany(all, undefined, error, false),
      )
      told.push(sending)
    }
  }

  async #end(tx: Transaction, one: SentTransaction, commits: boolean): Promise<void> {
    if (!commits) {
      one.end = 'aborted'
      await tx.abort().catch((error) => this.#note(`the abort failed: ${error}`))
      return
    }
    try {
      await tx.commit()
      one.end = 'committed'
    } catch (error) {
      one.end = TransactionError.is(error) ? error.outcome : 'aborted'
      this.#note(`the commit failed: ${error}`)
    }
  }

  #note(text: string): void {
    this.#simulation.note(`transaction of ${this.transactionalId}: ${text}`)
  }
}
