import type { KafkaError } from '@k/protocol'
import { type ConnectionFacts, diagnostics } from './diagnostics.ts'
import { ClosedError } from './errors/closed-error.ts'
import type { PendingRequest } from './pending-request.ts'

/** Publishes what happens on one connection; makes nothing that nobody reads. */
export class ConnectionDiagnostics {
  readonly #facts: () => ConnectionFacts

  constructor(facts: () => ConnectionFacts) {
    this.#facts = facts
  }

  opened(elapsedMs: number): void {
    if (!diagnostics.connectionOpened.hasSubscribers) return
    diagnostics.connectionOpened.publish({ ...this.#facts(), elapsedMs })
  }

  closed(wasOpen: boolean, error: KafkaError | undefined, requestsLost: number): void {
    if (!diagnostics.connectionClosed.hasSubscribers) return
    // A client that its user closes has lost nothing.
    const fault = ClosedError.is(error) ? undefined : error
    diagnostics.connectionClosed.publish({ ...this.#facts(), wasOpen, error: fault, requestsLost })
  }

  throttled(api: string, throttleTimeMs: number): void {
    if (!diagnostics.connectionThrottled.hasSubscribers) return
    diagnostics.connectionThrottled.publish({ ...this.#facts(), api, throttleTimeMs })
  }

  requestEnded(request: PendingRequest, now: number, responseBytes: number, error: Error | undefined): void {
    if (!diagnostics.requestEnded.hasSubscribers) return
    const { api, version, correlationId, requestBytes, sentAt } = request
    const facts = { api: api.name, version, correlationId, elapsedMs: now - sentAt, requestBytes, responseBytes, error }
    diagnostics.requestEnded.publish({ ...this.#facts(), ...facts })
  }
}
