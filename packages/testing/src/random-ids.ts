import type { Random } from '@k/protocol'

function randomBytes(random: Random): Buffer {
  const bytes = Buffer.alloc(16)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random.next() * 256)
  return bytes
}

/** An id as Kafka gives clusters and topics: 22 characters of base64url, never with a dash in front, which tools take for an option. */
export function randomUuid(random: Random): string {
  for (;;) {
    const id = randomBytes(random).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/** An id in the form that members of groups have: 8-4-4-4-12 hexadecimal digits. */
export function randomMemberUuid(random: Random): string {
  const hex = randomBytes(random).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
