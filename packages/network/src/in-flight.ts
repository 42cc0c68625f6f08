import type { PendingRequest } from './pending-request.ts'

const COMPACT_AT = 64

/** Requests that were written and whose answers are due, in the order of the wire. */
export class InFlight {
  #requests: (PendingRequest | undefined)[] = []
  #head = 0

  get count(): number {
    return this.#requests.length - this.#head
  }

  add(request: PendingRequest): void {
    this.#requests.push(request)
  }

  /** The oldest, whose answer comes next. */
  get first(): PendingRequest | undefined {
    return this.#requests[this.#head]
  }

  /** The first has been answered. */
  takeFirst(): void {
    this.#requests[this.#head] = undefined
    this.#head += 1
    if (this.#head === this.#requests.length) {
      this.#requests.length = 0
      this.#head = 0
    } else if (this.#head >= COMPACT_AT) {
      this.#requests = this.#requests.slice(this.#head)
      this.#head = 0
    }
  }

  /** All of them, oldest first; none are left. */
  takeAll(): PendingRequest[] {
    const rest = this.#requests.slice(this.#head) as PendingRequest[]
    this.#requests = []
    this.#head = 0
    return rest
  }

  *[Symbol.iterator](): Iterator<PendingRequest> {
    for (let i = this.#head; i < this.#requests.length; i++) yield this.#requests[i] as PendingRequest
  }
}
