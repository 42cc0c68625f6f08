import { randomBytes } from 'node:crypto'

/** A new cluster id: 16 bytes in base64url. */
export const newClusterId = (random: (size: number) => Buffer = randomBytes): string => {
  const bytes = random(16)
  // kafka-storage takes an id that begins with a dash for an option; without the top bit none does.
  bytes[0]! &= 0x7f
  return bytes.toString('base64url')
}
