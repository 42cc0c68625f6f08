/**
 * What `enqueue()` answers with where a record has to wait: a promise that knows whether anybody waits for it. Where nobody does, its rejection
 * must be told otherwise, and does not end the process.
 */
export class Room extends Promise<void> {
  /** Whether anybody waits, or has waited. */
  isAwaited = false

  constructor(executor: (resolve: () => void, reject: (reason: unknown) => void) => void) {
    super(executor)
    super.then(undefined, () => {})
  }

  /** What is derived from it are plain promises. */
  static override readonly [Symbol.species] = Promise

  // biome-ignore lint/suspicious/noThenProperty: a promise has one
  override then<A = void, B = never>(
    // biome-ignore lint/suspicious/noConfusingVoidType: the type of a promise without a value
    onfulfilled?: ((value: void) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isAwaited = true
    return super.then(onfulfilled, onrejected)
  }
}
