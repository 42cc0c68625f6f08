import { setImmediate } from 'node:timers/promises'
import { DecodeError } from '@k/protocol'
import { mutate } from './mutations.ts'
import { SeededRandom } from './seeded-random.ts'
import type { Target } from './targets.ts'

/** What a run found. */
export interface FuzzReport {
  readonly inputs: number
  /** Inputs that were decoded; the others were refused with a DecodeError. */
  readonly decoded: number
  /** A sentence for each input that did something else, with the input. */
  readonly failures: readonly string[]
}

const MOST_FAILURES = 20
const INPUTS_A_TURN = 500
const SLOW_MS = 1000

/** Elements of all arrays in a value: a decoder that believes a lying count shows here. */
function elementsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + 1 + elementsOf(element), 0)
  return Object.values(value).reduce<number>((sum, field) => sum + elementsOf(field), 0)
}

/** Throws hostile bytes at decoders. Each input must be decoded or refused with a DecodeError, at once and within memory of its own size. */
export class Fuzzer {
  readonly #groups: readonly (readonly Target[])[]
  readonly #random: SeededRandom
  #inputs = 0
  #decoded = 0
  readonly #failures: string[] = []

  constructor(groups: readonly (readonly Target[])[], seed: number) {
    this.#groups = groups
    this.#random = new SeededRandom(seed)
  }

  get report(): FuzzReport {
    return { inputs: this.#inputs, decoded: this.#decoded, failures: this.#failures }
  }

  /** Whether so much failed that going on would tell nothing new. */
  get isDone(): boolean {
    return this.#failures.length >= MOST_FAILURES
  }

  /** Tries `count` mutated inputs, each on a target taken at random. */
  async mutated(count: number): Promise<void> {
    for (let i = 0; i < count && !this.isDone; i++) {
      // Node gives back the memory of its codecs between turns of the event loop alone.
      if (i % INPUTS_A_TURN === 0) await setImmediate()
      const target = this.#random.pick(this.#random.pick(this.#groups))
      const seed = target.seeds.length === 0 ? Buffer.alloc(0) : this.#random.pick(target.seeds)
      await this.#try(target, mutate(seed, this.#random))
    }
  }

  /** Cuts good bytes of every target at every byte, up to `largest` bytes. */
  async truncated(largest: number): Promise<void> {
    for (const target of this.#groups.flat()) {
      for (const seed of target.seeds) {
        if (seed.length > largest) continue
        for (let size = 0; size < seed.length && !this.isDone; size++) await this.#try(target, seed.subarray(0, size))
      }
    }
  }

  async #try(target: Target, bytes: Buffer): Promise<void> {
    this.#inputs++
    const started = performance.now()
    try {
      const value = await target.decode(bytes)
      this.#decoded++
      const elements = elementsOf(value)
      if (elements > bytes.length) this.#fail(target, bytes, `${elements} elements`)
    } catch (error) {
      if (!DecodeError.is(error)) this.#fail(target, bytes, error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    const elapsed = performance.now() - started
    if (elapsed > SLOW_MS) this.#fail(target, bytes, `took ${Math.round(elapsed)} ms`)
  }

  #fail({ name }: Target, bytes: Buffer, what: string): void {
    this.#failures.push(`${name}, ${bytes.length} bytes ${bytes.toString('hex')}: ${what}`)
  }
}
