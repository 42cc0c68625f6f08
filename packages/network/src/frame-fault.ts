/** Why bytes are no frames of Kafka. */
export interface FrameFault {
  readonly code: 'INVALID_FRAME' | 'NOT_A_BROKER'
  /** The facts and, where it can be told, what the other side speaks. */
  readonly message: string
}

const MAX_SHOWN = 4

/** What a frame size that Kafka never sends tells about the other side. `bytes` begin with that size. */
export function frameSizeFault(size: number, bytes: Uint8Array, maxBytes: number): FrameFault {
  const text = Buffer.from(bytes.subarray(0, MAX_SHOWN)).toString('latin1')
  const other = speaks(bytes, text)
  if (other !== undefined) return { code: 'NOT_A_BROKER', message: other }
  const hex = Buffer.from(bytes.subarray(0, MAX_SHOWN)).toString('hex')
  const why =
    size < MAX_SHOWN
      ? 'which no Kafka broker sends'
      : `which is more than the ${maxBytes} that are accepted here (at most maxResponseBytes)`
  return {
    code: 'INVALID_FRAME',
    message: `a frame of ${size} bytes (0x${hex}) was announced, ${why}; is this the port of a Kafka broker?`,
  }
}

function speaks(bytes: Uint8Array, text: string): string | undefined {
  // The record types of TLS that a server may begin with: alert and handshake, then the major version.
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03) {
    return 'the other side speaks TLS: set the option tls, or use the port of a plain text listener'
  }
  if (text === 'HTTP') return 'the other side speaks HTTP: this is not the port of a Kafka broker'
  if (text === 'SSH-') return 'the other side speaks SSH: this is not the port of a Kafka broker'
  return undefined
}
