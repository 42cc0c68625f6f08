/** One broker of a FakeCluster. */
export interface FakeBroker {
  /** Its id: the first broker is 1. */
  readonly id: number
  /** Where clients reach it: loopback, or a name that only the cluster's transport knows. */
  readonly host: string
  /** The same after it was killed and revived. */
  readonly port: number
  /** Whether it is up: not killed, or revived. */
  readonly isAlive: boolean
  /** How many clients are connected with it. */
  readonly connectionCount: number
  /** Ends every connection of this broker. Clients may come back at once. */
  disconnect(): void
  /**
   * Takes the broker down, as kill -9 does: its connections end, nobody can connect, and what it led and coordinated goes to others. All of that
   * has happened when this returns; the promise waits for the port to be free.
   */
  kill(): Promise<void>
  /**
   * Brings a killed broker back on its old address. It is in sync at once, and leads nothing but what nobody else leads.
   * @throws what the operating system says when the port was taken meanwhile
   */
  revive(): Promise<void>
}
