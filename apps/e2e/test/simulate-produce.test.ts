import { Producer, type ProducerOptions, type ProducerRecord, type RecordMetadata, type Transaction } from '@k/producer'
import { describe, expect, it } from 'vitest'
import { simulateProducing } from '../src/simulate/produce.ts'

const SEEDS = 2_000
const BLOCK = 250

/** Every other call of `send` of one record is the chosen one. */
abstract class Careless extends Producer {
  #calls = 0

  protected get isChosen(): boolean {
    return this.#calls++ % 4 === 3
  }
}

// As long as a seed is found that brings it to light, the simulation would find it in the producer itself.
const mistakes: Record<string, readonly [sign: RegExp, newProducer: (options: ProducerOptions) => Producer]> = {
  'acknowledges what it never sends': [
    /is lost|where nobody/,
    (options) =>
      new (class extends Careless {
        override send(records: never): Promise<never> {
          if (Array.isArray(records) || !this.isChosen) return super.send(records) as Promise<never>
          const { topic, partition = 0 } = records as ProducerRecord
          return Promise.resolve({ topic, partition, offset: 0, hasOffset: true } as RecordMetadata as never)
        }
      })(options),
  ],
  'sends twice': [
    /is in \S+ 2 times|comes before/,
    (options) =>
      new (class extends Careless {
        override send(records: never): Promise<never> {
          if (this.isChosen) super.send(records).catch(() => {})
          return super.send(records) as Promise<never>
        }
      })(options),
  ],
  'sends out of order': [
    /comes before/,
    (options) =>
      new (class extends Careless {
        override send(records: never): Promise<never> {
          if (!this.isChosen) return super.send(records) as Promise<never>
          return new Promise<void>((resolve) => options.clock?.setTimer(resolve, 60)).then(() => super.send(records)) as Promise<never>
        }
      })(options),
  ],
  'gives its batches no place in a sequence': [
    /is in \S+ 2 times/,
    (options) => new Producer({ ...options, enableIdempotence: false, transactionalId: undefined } as ProducerOptions),
  ],
  'says of what may be written that it is not': [
    /was said not to be written/,
    (options) =>
      new (class extends Careless {
        override send(records: never): Promise<never> {
          return super.send(records).catch((error) => {
            throw error.maybeWritten === undefined ? error : Object.assign(error, { maybeWritten: false })
          }) as Promise<never>
        }
      })(options),
  ],
  'never tells of some': [
    /was never told of|did not come true|nothing is left to happen/,
    (options) =>
      new (class extends Careless {
        override send(records: never): Promise<never> {
          const sent = super.send(records) as Promise<never>
          if (!this.isChosen) return sent
          sent.catch(() => {})
          return new Promise(() => {})
        }
      })(options),
  ],
  'leaves its connections and timers when it is closed': [
    /after close/,
    (options) =>
      new (class extends Careless {
        override async close(): Promise<void> {}
      })(options),
  ],
  'commits what was to be aborted': [
    /aborted, is visible/,
    (options) =>
      new (class extends Careless {
        override async beginTransaction(...o: Parameters<Producer['beginTransaction']>): Promise<Transaction> {
          const tx = await super.beginTransaction(...o)
          tx.abort = () => tx.commit()
          return tx
        }
      })(options),
  ],
  'aborts what was to be committed': [
    /committed, has/,
    (options) =>
      new (class extends Careless {
        override async beginTransaction(...o: Parameters<Producer['beginTransaction']>): Promise<Transaction> {
          const tx = await super.beginTransaction(...o)
          if (this.isChosen) tx.commit = () => tx.abort()
          return tx
        }
      })(options),
  ],
  'loses the offsets of a transaction': [
    /the offset of \S+ is/,
    (options) =>
      new (class extends Careless {
        override async beginTransaction(...o: Parameters<Producer['beginTransaction']>): Promise<Transaction> {
          const tx = await super.beginTransaction(...o)
          tx.sendOffsets = () => Promise.resolve()
          return tx
        }
      })(options),
  ],
}

describe('producing among everything that can go wrong', () => {
  for (let first = 1; first <= SEEDS; first += BLOCK) {
    it(`keeps every promise, seeds ${first} to ${first + BLOCK - 1}`, { timeout: 120_000 }, async () => {
      for (let seed = first; seed < first + BLOCK; seed++) {
        const { broken } = await simulateProducing(seed)
        expect(broken, `pnpm simulate produce --seed ${seed} --runs 1 --trace`).toEqual([])
      }
    })
  }

  it('is the same again with the same seed', async () => {
    for (const seed of [3, 4, 5]) expect(await simulateProducing(seed)).toEqual(await simulateProducing(seed))
  })

  it.each(Object.entries(mistakes))('shows a producer that %s', { timeout: 60_000 }, async (_, [sign, newProducer]) => {
    const found: string[] = []
    for (let seed = 1; seed <= 200 && !found.some((one) => sign.test(one)); seed++) {
      const broken = await simulateProducing(seed, { newProducer }).then(
        (run) => run.broken,
        (error: Error) => [error.message],
      )
      found.push(...broken)
    }
    expect(found.find((one) => sign.test(one))).toBeDefined()
  })
})
