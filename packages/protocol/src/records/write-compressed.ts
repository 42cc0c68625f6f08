// Reused: to take fresh memory costs more than to copy what has become small.
let scratch: Buffer | undefined
const MAX_SCRATCH = 1024 * 1024

/**
 * Writes what a codec makes, of which only a bound is known before.
 * @param bound - bytes that it takes at most
 * @param write - gets memory for that many, writes and returns how many there are; it does not come back here
 */
export function writeCompressed(bound: number, write: (target: Buffer) => number): Buffer {
  if (bound > MAX_SCRATCH) return cut(Buffer.allocUnsafe(bound), write)
  if (scratch === undefined || bound > scratch.length) scratch = Buffer.allocUnsafe(bound)
  return Buffer.from(cut(scratch, write))
}

function cut(target: Buffer, write: (target: Buffer) => number): Buffer {
  return target.subarray(0, write(target))
}
