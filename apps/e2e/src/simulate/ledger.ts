import { FencedError, ItemsError } from '@k/network'
import { ProduceError, type RecordMetadata } from '@k/producer'

/** What was said of a record: nothing yet; it is written; it may be written; it certainly is not. */
export type Told = 'pending' | 'written' | 'maybe' | 'not'

/** A record that was handed to a producer. */
export interface Sent {
  readonly producer: number
  /** The how-manieth record of the producer it is. */
  readonly index: number
  /** Both of them. */
  readonly name: string
  readonly topic: string
  readonly value: string
  /** When it was handed in, and when its outcome was told: virtual milliseconds. */
  at: number
  toldAt: number
  told: Told
  /** Whether its own outcome is told, and not that of all that were handed in until a flush. */
  isHeard: boolean
  partition: number
  /** -1 where nobody said. */
  offset: number
  error: unknown
}

/** What was handed in, and what was said of it. */
export class Ledger {
  readonly sent: Sent[] = []
  /** What was broken at once, in sentences. */
  readonly violations: string[] = []
  readonly #now: () => number
  readonly #counts = new Map<number, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Enters a record; its value names it. */
  add(producer: number, topic: string, filler: number): Sent {
    const index = this.#counts.get(producer) ?? 0
    this.#counts.set(producer, index + 1)
    const name = `${producer}/${index}`
    const untold = { toldAt: -1, told: 'pending', isHeard: true, partition: -1, offset: -1, error: undefined } as const
    const sent: Sent = { producer, index, name, topic, value: `${name}/${'x'.repeat(filler)}`, at: this.#now(), ...untold }
    this.sent.push(sent)
    return sent
  }

  written(sent: Sent, { partition, offset }: RecordMetadata, step = 0): void {
    this.tell(sent, 'written')
    sent.partition = partition
    sent.offset = offset < 0 ? -1 : offset + step
  }

  /** What a fenced producer refuses outright was not sent. @param isCancelled - whether the signal's own reason means that it was not sent */
  failed(sent: Sent, error: unknown, isCancelled = false): void {
    sent.error = error
    if (ProduceError.is(error)) {
      this.tell(sent, error.maybeWritten ? 'maybe' : 'not')
      sent.partition = error.partition ?? -1
    } else if (isCancelled || FencedError.is(error)) this.tell(sent, 'not')
    else {
      this.tell(sent, 'maybe')
      this.violations.push(`${sent.name} failed with what is no ProduceError: ${error}`)
    }
  }

  tell(sent: Sent, told: Told): void {
    if (sent.told !== 'pending') this.violations.push(`${sent.name} was told twice: ${sent.told}, then ${told}`)
    sent.told = told
    sent.toldAt = this.#now()
  }

  /** Enters the outcome of a `send` of many. */
  toldMany(sent: readonly Sent[], result: readonly RecordMetadata[] | undefined, error: unknown, isCancelled: boolean): void {
    if (result !== undefined) for (const [i, one] of sent.entries()) this.written(one, result[i]!)
    else if (ItemsError.is(error)) {
      for (const [i, item] of error.results.entries()) {
        if (item.ok) this.written(sent[i]!, item.value as RecordMetadata)
        else this.failed(sent[i]!, item.error)
      }
    } else for (const one of sent) this.failed(one, error, isCancelled)
  }
}
