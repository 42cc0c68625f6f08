/** Lets several wait until something has changed. Who is woken looks again, and waits again where nothing is for him. */
export class Wakeup {
  #waiters: (() => void)[] = []

  /** Resolves at the next {@link wake}. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve)
    })
  }

  wake(): void {
    if (this.#waiters.length === 0) return
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }
}
