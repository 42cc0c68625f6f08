import { subscribe, unsubscribe } from 'node:diagnostics_channel'

const CHANNEL = '@k/network:connection:closed'

/** Counts connections that were open and ended against our will. */
export class ConnectionsLost {
  count = 0
  readonly #listener = (message: unknown) => {
    const { wasOpen, error } = message as { wasOpen: boolean; error: Error | undefined }
    if (wasOpen && error !== undefined) this.count += 1
  }

  constructor() {
    subscribe(CHANNEL, this.#listener)
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#listener)
  }
}
