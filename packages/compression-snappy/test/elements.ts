/** A length, 7 bits a byte. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}

/** A literal, with its length in the tag or in so many bytes behind it. */
export function literal(text: string, lengthBytes = 0): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length - 1)
  const tag = lengthBytes === 0 ? (text.length - 1) << 2 : (59 + lengthBytes) << 2
  return Buffer.concat([Buffer.from([tag]), length.subarray(0, lengthBytes), Buffer.from(text)])
}

/** A copy with an offset of so many bytes. */
export function copy(offset: number, length: number, offsetBytes: 1 | 2 | 4): Buffer {
  if (offsetBytes === 1) return Buffer.from([1 | ((length - 4) << 2) | ((offset >> 8) << 5), offset & 255])
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(offset)
  return Buffer.concat([Buffer.from([(offsetBytes === 2 ? 2 : 3) | ((length - 1) << 2)]), bytes.subarray(0, offsetBytes)])
}

/** A block that says to become so many bytes. */
export const block = (length: number, ...elements: Buffer[]) => Buffer.concat([varint(length), ...elements])

/** What xerial puts around blocks. */
export function xerial(blocks: readonly Uint8Array[], o: { version?: number; oldestReader?: number } = {}): Buffer {
  const header = Buffer.from('82534e4150505900000000010000000100', 'hex').subarray(0, 16)
  header.writeInt32BE(o.version ?? 1, 8)
  header.writeInt32BE(o.oldestReader ?? 1, 12)
  const sized = blocks.flatMap((bytes) => {
    const size = Buffer.alloc(4)
    size.writeUInt32BE(bytes.length)
    return [size, bytes]
  })
  return Buffer.concat([header, ...sized])
}
