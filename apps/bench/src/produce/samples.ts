import { randomBytes, randomInt } from 'node:crypto'
import type { Sample } from './bench-producer.ts'

/** What the values are made of. */
export type Values = 'bytes' | 'text' | 'json'

const VALUE_BYTES = 100
const JSON_BYTES = 1024
const WORDS = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot', 'golf', 'hotel', 'india', 'juliet', 'kilo', 'lima']

/** Records with keys of 10 bytes and values of 100 random ones, or of 1 KB of JSON. */
export function samplesOf(values: Values, count: number): Sample[] {
  return Array.from({ length: count }, () => {
    if (values === 'text') return { key: randomBytes(5).toString('hex'), value: randomBytes(VALUE_BYTES / 2).toString('hex') }
    const value = values === 'json' ? Buffer.from(order()) : randomBytes(VALUE_BYTES)
    return { key: Buffer.from(randomBytes(5).toString('hex')), value }
  })
}

function order(): string {
  const head = {
    orderId: randomBytes(8).toString('hex'),
    customerId: randomInt(1e6),
    state: word(),
    createdAt: 1_760_000_000_000 + randomInt(1e9),
  }
  const lines: object[] = []
  const text = () => JSON.stringify({ ...head, lines })
  while (text().length < JSON_BYTES - 80)
    lines.push({ article: `${word()}-${randomInt(1e4)}`, amount: randomInt(20), price: randomInt(1e5) / 100 })
  return text().padEnd(JSON_BYTES)
}

function word(): string {
  return WORDS[randomInt(WORDS.length)]!
}
