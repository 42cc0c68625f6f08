/** Sizes of what is compressed, in bytes. */
export const sizes = [1024, 16 * 1024, 128 * 1024]

/** What is compressed: records of JSON, and bytes that no codec makes smaller. */
export const payloads: Readonly<Record<string, (size: number) => Buffer>> = { json, random }

const COUNTRIES = ['DE', 'FR', 'US', 'JP', 'BR']
const STATES = ['open', 'paid', 'shipped', 'returned']

function json(size: number): Buffer {
  const next = xorshift()
  const pick = <T>(all: readonly T[]) => all[next() % all.length]
  let text = ''
  while (text.length < size) {
    const order = { orderId: `o-${next() % 1e6}`, customerId: next() % 1e5, country: pick(COUNTRIES), state: pick(STATES) }
    text += JSON.stringify({ ...order, amount: (next() % 1e5) / 100, createdAt: 1_760_000_000_000 + (next() % 1e9) })
  }
  return Buffer.from(text).subarray(0, size)
}

function random(size: number): Buffer {
  const next = xorshift()
  return Buffer.from(Array.from({ length: size }, next))
}

// The same in every run.
function xorshift(): () => number {
  let x = 0x2545f491
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}
