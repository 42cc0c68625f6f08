/** Which records of a topic were written and read: tells a lost record from one that came twice. */
export class Ledger {
  readonly written: number[]
  readonly read: number[]
  /** Records that came again at the same partition and offset. */
  deliveredAgain = 0
  readonly #seen: Uint8Array[]

  constructor(partitions: number) {
    this.written = new Array<number>(partitions).fill(0)
    this.read = new Array<number>(partitions).fill(0)
    this.#seen = Array.from({ length: partitions }, () => new Uint8Array(1024))
  }

  /** A record was acknowledged in this partition. */
  acknowledge(partition: number): void {
    this.written[partition] = (this.written[partition] ?? 0) + 1
  }

  /** A record was read. False where it has been read before. */
  markRead(partition: number, offset: number): boolean {
    const seen = this.#room(partition, offset)
    if (seen[offset] === 1) {
      this.deliveredAgain += 1
      return false
    }
    seen[offset] = 1
    this.read[partition] = (this.read[partition] ?? 0) + 1
    return true
  }

  get totalWritten(): number {
    return this.written.reduce((sum, count) => sum + count, 0)
  }

  get totalRead(): number {
    return this.read.reduce((sum, count) => sum + count, 0)
  }

  #room(partition: number, offset: number): Uint8Array {
    let seen = this.#seen[partition] as Uint8Array
    if (offset >= seen.length) {
      const larger = new Uint8Array(Math.max(seen.length * 2, offset + 1))
      larger.set(seen)
      seen = larger
      this.#seen[partition] = seen
    }
    return seen
  }
}
