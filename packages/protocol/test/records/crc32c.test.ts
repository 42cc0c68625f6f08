import { crc32c } from '@k/protocol'
import { describe, expect, it } from 'vitest'

describe('crc32c', () => {
  // RFC 3720, appendix B.4.
  it.each([
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 times 0xff', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['31 to 0', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
    ['"123456789"', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
  ])('is the one of the standard for %s', (_, bytes, checksum) => {
    expect(crc32c(bytes)).toBe(checksum)
  })

  it('takes a part of the bytes', () => {
    const bytes = Buffer.from('before123456789after')
    expect(crc32c(bytes, 6, 15)).toBe(0xe3069283)
    expect(crc32c(bytes, 6)).toBe(crc32c(Buffer.from('123456789after')))
  })

  it('takes any Uint8Array', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  })
})
