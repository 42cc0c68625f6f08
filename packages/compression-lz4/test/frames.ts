import { xxh32 } from '../src/xxh32.ts'

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
const uint64 = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

export interface Block {
  readonly bytes: Uint8Array
  readonly isStored?: boolean
}

export interface FrameParts {
  readonly blocks: readonly Block[]
  /** Whatever else is in the flags. */
  readonly flags?: number
  /** The number of the size of blocks: 4 is 64 KB. */
  readonly size?: number
  readonly isLinked?: boolean
  readonly contentSize?: bigint
  readonly content?: Uint8Array
  readonly hasBlockChecksums?: boolean
  readonly hasOldHeaderChecksum?: boolean
}

/** A frame as the format describes it, put together by hand. */
export function frame(o: FrameParts): Buffer {
  const magic = uint32(0x184d2204)
  const flags =
    (o.flags ?? 0x40) |
    (o.isLinked ? 0 : 0x20) |
    (o.hasBlockChecksums ? 0x10 : 0) |
    (o.contentSize === undefined ? 0 : 8) |
    (o.content === undefined ? 0 : 4)
  const descriptor = Buffer.concat([
    Buffer.from([flags, (o.size ?? 4) << 4]),
    ...(o.contentSize === undefined ? [] : [uint64(o.contentSize)]),
  ])
  const checked = o.hasOldHeaderChecksum ? Buffer.concat([magic, descriptor]) : descriptor
  const blocks = o.blocks.flatMap(({ bytes, isStored }) => [
    uint32(isStored ? bytes.length | 0x80000000 : bytes.length),
    bytes,
    ...(o.hasBlockChecksums ? [uint32(xxh32(bytes))] : []),
  ])
  const checksum = o.content === undefined ? [] : [uint32(xxh32(o.content))]
  return Buffer.concat([magic, descriptor, Buffer.from([xxh32(checked) >>> 8]), ...blocks, uint32(0), ...checksum])
}

/** A skippable frame. */
export const skippable = (bytes: Uint8Array, number = 0) => Buffer.concat([uint32(0x184d2a50 + number), uint32(bytes.length), bytes])

/** A block of literals alone: fewer than 15. */
export const literals = (text: string) => Buffer.concat([Buffer.from([text.length << 4]), Buffer.from(text)])

/** A block that repeats `length` bytes from `offset` before, then has 5 literals. */
export const repeat = (offset: number, length: number, end: string) =>
  Buffer.concat([Buffer.from([length - 4, offset & 255, offset >> 8]), literals(end)])

export interface Sequence {
  /** Where its match begins and ends in the block as it was. */
  readonly matchStart: number
  readonly matchEnd: number
  readonly offset: number
}

/** The matches of a good block. */
export function sequencesOf(block: Uint8Array): Sequence[] {
  const sequences: Sequence[] = []
  let position = 0
  const rest = (length: number, from: number): [number, number] => {
    if (length < 15) return [length, from]
    let [sum, at] = [length, from]
    for (;;) {
      const byte = block[at++]!
      sum += byte
      if (byte < 255) return [sum, at]
    }
  }
  for (let at = 0; ; ) {
    const token = block[at++]!
    const [literalLength, literalsAt] = rest(token >> 4, at)
    at = literalsAt + literalLength
    const matchStart = position + literalLength
    if (at === block.length) return sequences
    const offset = block[at]! | (block[at + 1]! << 8)
    const [matchLength, next] = rest(token & 15, at + 2)
    at = next
    position = matchStart + matchLength + 4
    sequences.push({ matchStart, matchEnd: position, offset })
  }
}
