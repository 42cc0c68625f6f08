/** Watches a promise without waiting for it. */
export class Outcome<T> {
  state: 'pending' | 'resolved' | 'rejected' = 'pending'
  value: T | undefined
  error: unknown

  constructor(promise: Promise<T>) {
    promise.then(
      (value) => {
        this.state = 'resolved'
        this.value = value
      },
      (error: unknown) => {
        this.state = 'rejected'
        this.error = error
      },
    )
  }
}

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
