/** Something that keeps those who come waiting, until it is opened for good. */
export class Gate {
  readonly #waiting = new Set<() => void>()
  #isOpen = false

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Calls `pass` when the gate opens, at once where it is open; not any more after the returned function was called. */
  wait(pass: () => void): () => void {
    if (this.#isOpen) {
      pass()
      return () => {}
    }
    this.#waiting.add(pass)
    return () => this.#waiting.delete(pass)
  }

  open(): void {
    this.#isOpen = true
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const pass of waiting) pass()
  }
}
