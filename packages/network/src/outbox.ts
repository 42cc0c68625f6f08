import type { TransportConnection } from '@k/protocol'
import { ignore } from './deadline.ts'
import type { PendingRequest } from './pending-request.ts'

/** What is to be written: all that is added during one tick leaves in one write. Requests without an answer are done once their bytes are gone. */
export class Outbox {
  #transport: TransportConnection | undefined
  #onFault: (error: unknown) => void = ignore
  #chunks: Uint8Array[] = []
  /** Requests without an answer among the chunks. */
  #added: PendingRequest[] = []
  /** Requests without an answer that were written, but have not all left this process. */
  #leaving: PendingRequest[] = []

  /** Requests that are not done. */
  get count(): number {
    return this.#added.length + this.#leaving.length
  }

  /** The socket to write to, and who hears of it when it throws. */
  attach(transport: TransportConnection, onFault: (error: unknown) => void): void {
    this.#transport = transport
    this.#onFault = onFault
  }

  add(request: PendingRequest, chunks: readonly Uint8Array[]): void {
    // Not the clock's end of tick: what one turn of the loop has caused, promises included, is written at its end and no later.
    if (this.#chunks.length === 0) process.nextTick(this.#flush)
    if (request.options.noResponse) this.#added.push(request)
    for (const chunk of chunks) {
      request.requestBytes += chunk.length
      this.#chunks.push(chunk)
    }
  }

  /** The socket has nothing left to write. */
  drained(): void {
    const gone = this.#leaving
    this.#leaving = []
    for (const request of gone) request.resolve(undefined)
  }

  /** All requests without an answer that are not done; none are left, and nothing more is written. */
  takeAll(): PendingRequest[] {
    const requests = [...this]
    this.#transport = undefined
    this.#chunks = []
    this.#added = []
    this.#leaving = []
    return requests
  }

  *[Symbol.iterator](): Iterator<PendingRequest> {
    yield* this.#leaving
    yield* this.#added
  }

  readonly #flush = (): void => {
    const chunks = this.#chunks
    if (this.#transport === undefined || chunks.length === 0) return
    const added = this.#added
    this.#chunks = []
    this.#added = []
    let taken: boolean
    try {
      taken = this.#transport.write(chunks)
    } catch (error) {
      this.#leaving.push(...added)
      this.#onFault(error)
      return
    }
    // In any case those that are leaving come first.
    const gone = taken && this.#leaving.length === 0
    if (gone) for (const request of added) request.resolve(undefined)
    else this.#leaving.push(...added)
  }
}
