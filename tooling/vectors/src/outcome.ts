/** A vector that did not pass: where in it, what was expected, and what came. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'

  constructor(path: string, expected: unknown, got: unknown) {
    super(`${path}: expected ${show(expected)}, got ${show(got)}`)
  }
}

/** Thrown where a vector's subject does not exist here. */
export class NotBuilt extends Error {
  override readonly name = 'NotBuilt'

  /** @param what - the subject: "codec snappy" */
  constructor(what: string) {
    super(`${what} is not built`)
  }
}

const SHOWN = 240

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? String(value)
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}... (${text.length} characters)`
}

/** @throws Mismatch unless the two are the same (Object.is) */
export function expectSame(path: string, expected: unknown, got: unknown): void {
  if (!Object.is(expected, got)) throw new Mismatch(path, expected, got)
}

/** @throws Mismatch unless the two have the same JSON, -0 and bigints aside */
export function expectSameJson(path: string, expected: unknown, got: unknown): void {
  const text = (value: unknown) => JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}` : inner))
  if (text(expected) !== text(got)) throw new Mismatch(path, expected, got)
}

/** Compares bytes; a difference is shown with its position and the bytes around it. */
export function expectSameHex(path: string, expected: string, got: string): void {
  if (expected === got) return
  let at = 0
  while (at < expected.length && expected[at] === got[at]) at++
  const byte = at >> 1
  const around = (hex: string) =>
    `${byte > 8 ? '..' : ''}${hex.slice(Math.max(0, byte - 8) * 2, (byte + 16) * 2)} of ${hex.length / 2} bytes`
  throw new Mismatch(`${path}, byte ${byte}`, around(expected), around(got))
}

/** @throws Mismatch unless `action` throws; returns what it threw */
export function expectThrow(path: string, expected: string, action: () => unknown): unknown {
  let got: unknown
  try {
    got = action()
  } catch (error) {
    return error
  }
  throw new Mismatch(path, expected, got)
}
