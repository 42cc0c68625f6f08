interface Place<W> {
  readonly waiter: W
  readonly bytes: number
}

/** The bytes that all batches together may hold. Whoever finds no room waits in line: nobody is overtaken by someone who needs less. */
export class BufferMemory<W> {
  readonly capacity: number
  #available: number
  readonly #line: Place<W>[] = []
  readonly #serveOne: (waiter: W) => void
  #granting = false

  /** @param serve - called when there is room for as much as `waiter` waits for: it is taken there and then */
  constructor(capacity: number, serve: (waiter: W) => void) {
    this.capacity = capacity
    this.#serveOne = serve
    this.#available = capacity
  }

  /** Bytes that nobody has. */
  get available(): number {
    return this.#available
  }

  /** Whether somebody waits. */
  get exhausted(): boolean {
    return this.#line.length > 0
  }

  /** Takes `bytes` if they are there and nobody waits for his own. */
  take(bytes: number): boolean {
    if (bytes > this.#available || (this.#line.length > 0 && !this.#granting)) return false
    this.#granting = false
    this.#available -= bytes
    return true
  }

  /** Gets in line for `bytes`. */
  wait(waiter: W, bytes: number): void {
    this.#line.push({ waiter, bytes })
  }

  /** Leaves the line. */
  leave(waiter: W): void {
    const index = this.#line.findIndex((place) => place.waiter === waiter)
    if (index < 0) return
    this.#line.splice(index, 1)
    this.#serve()
  }

  /** Gives `bytes` back. */
  release(bytes: number): void {
    this.#available += bytes
    if (this.#line.length > 0) this.#serve()
  }

  #serve(): void {
    for (let first = this.#line[0]; first !== undefined && first.bytes <= this.#available; first = this.#line[0]) {
      this.#line.shift()
      this.#granting = true
      this.#serveOne(first.waiter)
      this.#granting = false
    }
  }
}
