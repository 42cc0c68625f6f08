import { instantiateWasm, wasm, wasmBlocks, wasmFunction } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const { add, giveBack, increase, set, store16, subtract } = wasm
const { compressor, copy, repeat, SLACK, TABLE } = wasmBlocks

// A format as simple as can be: how many bytes, those bytes, how long a match, how far back it lies, and so on; numbers are of two bytes.
const MARGIN = 12
const compress = compressor({
  patience: 5,
  margin: MARGIN,
  lastLiterals: 3,
  literals: ({ at, anchor, to, length, stop }) => [
    set(length, subtract(at, anchor)),
    store16(to, length),
    increase(to, 2),
    set(stop, add(to, length)),
    copy(to, anchor, stop),
    set(to, stop),
  ],
  match: ({ to, length, offset }) => [store16(to, length), store16(add(to, 2), offset), increase(to, 4)],
  adjoin: ({ to }) => [store16(to, 0), increase(to, 2)],
})
// Writes `size` bytes that begin with the `offset` bytes before them.
const spread = wasmFunction(3, (to, offset, size, stop, from, spread) => [
  set(stop, add(to, size)),
  repeat({ to, offset, stop, from, spread }),
  giveBack(to),
])

const SOURCE = TABLE
const TARGET = TABLE + 65536 + SLACK
const instance = instantiateWasm(TARGET + 2 * 65536, { compress, spread })!
const memory = Buffer.from(instance.memory.buffer)

interface Part {
  readonly literals: Buffer
  readonly length: number
  readonly offset: number
}

function partsOf(bytes: Buffer): Part[] {
  memory.set(bytes, SOURCE)
  const end = TARGET + instance.compress(SOURCE, bytes.length, TARGET)
  const parts: Part[] = []
  for (let at = TARGET; at < end; ) {
    const size = memory.readUInt16LE(at)
    const literals = Buffer.from(memory.subarray(at + 2, at + 2 + size))
    at += 2 + size
    const isLast = at === end
    parts.push({ literals, length: isLast ? 0 : memory.readUInt16LE(at), offset: isLast ? 0 : memory.readUInt16LE(at + 2) })
    at += 4
  }
  return parts
}

const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 200 })), { maxLength: 20 })
  .map((pieces) => Buffer.concat(pieces.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))).subarray(0, 65535))

describe('a compressor of blocks', () => {
  it('finds matches that make up the block, and keeps to the bounds of its format', () => {
    let matches = 0
    fc.assert(
      fc.property(repetitive, (bytes) => {
        let restored = Buffer.alloc(0)
        for (const { literals, length, offset } of partsOf(bytes)) {
          restored = Buffer.concat([restored, literals])
          if (length === 0) continue
          matches++
          const start = restored.length
          expect(start).toBeLessThanOrEqual(bytes.length - MARGIN)
          expect(start + length).toBeLessThanOrEqual(bytes.length - 3)
          expect(length >= 4 && offset >= 1 && offset <= start).toBe(true)
          const period = restored.subarray(start - offset)
          restored = Buffer.concat([restored, Buffer.alloc(length, period)])
        }
        expect(restored.equals(bytes)).toBe(true)
      }),
      { numRuns: 200 },
    )
    expect(matches).toBeGreaterThan(500)
  })
})

describe('a repetition', () => {
  it('goes on with what it has just written, at every distance', () => {
    for (let offset = 1; offset < 40; offset++) {
      for (const size of [1, 7, 8, 15, 16, 17, 31, 200]) {
        const start = Buffer.from(Array.from({ length: offset }, (_, i) => 65 + i))
        memory.set(start, TARGET)
        expect(instance.spread(TARGET + offset, offset, size)).toBe(TARGET + offset + size)
        expect(memory.subarray(TARGET, TARGET + offset + size).equals(Buffer.alloc(offset + size, start))).toBe(true)
      }
    }
  })
})
