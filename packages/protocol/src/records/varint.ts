// Zigzag varints at a position of a buffer: the lengths and deltas inside a record. Writers return the position behind what they wrote.

const scratch = /* @__PURE__ */ new Uint8Array(10)

/** Bytes that the varint of an int32 takes. */
export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x200000) return 3
  return zigzag < 0x10000000 ? 4 : 5
}

/** Writes an int32. */
export function writeVarint(buffer: Uint8Array, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let position = at
  while (rest > 127) {
    buffer[position++] = (rest & 127) | 128
    rest >>>= 7
  }
  buffer[position] = rest
  return position + 1
}

/** Bytes that the varlong of `value` takes: an int32 as a number, any other int64 as a bigint. */
export function sizeOfVarlong(value: number | bigint): number {
  return typeof value === 'number' ? sizeOfVarint(value) : writeVarlong(scratch, 0, value)
}

/** Writes an int32 given as a number, or any int64 given as a bigint. */
export function writeVarlong(buffer: Uint8Array, at: number, value: number | bigint): number {
  if (typeof value === 'number') return writeVarint(buffer, at, value)
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  let position = at
  while (rest > 127n) {
    buffer[position++] = Number(rest & 127n) | 128
    rest >>= 7n
  }
  buffer[position] = Number(rest)
  return position + 1
}
