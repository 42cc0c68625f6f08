/** Who may stand in the line for memory. */
export interface MemoryWaiter {
  /** Bytes that it waits for; 0: it does not stand in the line. */
  missing: number
}

/** The bytes that all batches together may hold. Whoever finds no room waits in line: nobody is overtaken by someone who needs less. */
export class BufferMemory<W extends MemoryWaiter> {
  readonly capacity: number
  /** Bytes that nobody has. */
  available: number
  #line: W[] = []
  readonly #serveOne: (waiter: W) => void
  #granting = false

  /** @param serve - called when there is room for as much as `waiter` waits for: it is taken there and then */
  constructor(capacity: number, serve: (waiter: W) => void) {
    this.capacity = capacity
    this.#serveOne = serve
    this.available = capacity
  }

  /** Whether somebody waits. */
  get exhausted(): boolean {
    return this.#line.length > 0
  }

  /** Takes `bytes` if they are there and nobody waits for his own. */
  take(bytes: number): boolean {
    if (bytes > this.available || (this.exhausted && !this.#granting)) return false
    this.#granting = false
    this.available -= bytes
    return true
  }

  /** Gets in line for `bytes`. */
  wait(waiter: W, bytes: number): void {
    waiter.missing = bytes
    this.#line.push(waiter)
  }

  /** Leaves the line. */
  leave(waiter: W): void {
    waiter.missing = 0
    this.#line = this.#line.filter((other) => other !== waiter)
    this.release(0)
  }

  /** Gives `bytes` back. */
  release(bytes: number): void {
    this.available += bytes
    while (this.exhausted && this.#line[0]!.missing <= this.available) {
      const first = this.#line.shift()!
      first.missing = 0
      this.#granting = true
      this.#serveOne(first)
      this.#granting = false
    }
  }
}
