/** What a client under measurement must be able to do; one file a client. */
export interface BenchClient {
  readonly name: string
  /** Sends `total` records in arrays of `arraySize`, `inFlight` calls at a time, each awaited; resolves when all are acknowledged. */
  produce(o: { bootstrapServers: string; topic: string; value: Buffer; total: number; arraySize: number; inFlight: number }): Promise<void>
  /** Reads `total` records of a topic from its beginning, as a group that nobody else is in, batch by batch, touching each value. */
  consume(o: { bootstrapServers: string; topic: string; groupId: string; total: number }): Promise<void>
}

/** Runs `call` for every array of records, at most `inFlight` at once. */
export async function sendArrays(
  o: { total: number; arraySize: number; inFlight: number },
  call: (first: number, count: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < o.total) {
      const first = next
      next += o.arraySize
      await call(first, Math.min(o.arraySize, o.total - first))
    }
  }
  await Promise.all(Array.from({ length: o.inFlight }, lane))
}

const KEYS = 1000

/** 10 bytes, one of a thousand. */
export function keyOf(index: number): string {
  return `key-${String(index % KEYS).padStart(6, '0')}`
}
