import type { TransportConnection } from '@k/protocol'
import type { PendingRequest } from './pending-request.ts'

/** What is to be written: all that is added during one tick leaves in one write. Requests without an answer are done once their bytes are gone. */
export class Outbox {
  readonly #onFault: (error: unknown) => void
  /** The socket to write to; undefined before there is one. */
  transport: TransportConnection | undefined
  /** Requests without an answer whose bytes have not all left this process. */
  unanswered: PendingRequest[] = []
  /** How many of these were written. */
  #written = 0
  #chunks: Uint8Array[] = []

  /** @param onFault - called when the socket throws */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault
  }

  add(request: PendingRequest, chunks: readonly Uint8Array[]): void {
    // Not the clock's end of tick: what one turn of the loop has caused, promises included, is written at its end and no later.
    if (this.#chunks.length === 0) process.nextTick(this.#flush)
    if (request.options.noResponse) this.unanswered.push(request)
    for (const chunk of chunks) {
      request.requestBytes += chunk.length
      this.#chunks.push(chunk)
    }
  }

  /** The socket has nothing left to write. */
  drained(): void {
    const gone = this.unanswered.splice(0, this.#written)
    this.#written = 0
    for (const request of gone) request.resolve(undefined)
  }

  readonly #flush = (): void => {
    const wasEmpty = this.#written === 0
    const chunks = this.#chunks
    this.#chunks = []
    this.#written = this.unanswered.length
    try {
      // In any case those that are leaving come first.
      if (this.transport?.write(chunks) && wasEmpty) this.drained()
    } catch (error) {
      this.#onFault(error)
    }
  }
}
