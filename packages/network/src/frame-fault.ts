/** Why bytes are no frames of Kafka. */
export interface FrameFault {
  readonly code: 'INVALID_FRAME' | 'NOT_A_BROKER'
  /** The facts and, where it can be told, what the other side speaks. */
  readonly message: string
}

/** What a frame size that Kafka never sends tells about the other side. `bytes` begin with that size. */
export function frameSizeFault(size: number, bytes: Uint8Array, maxBytes: number): FrameFault {
  const first = Buffer.from(bytes.subarray(0, 4))
  const text = first.toString('latin1')
  // The record types of TLS that a server may begin with: alert and handshake, then the major version.
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03) {
    return { code: 'NOT_A_BROKER', message: 'the other side speaks TLS: set the option tls, or use another port' }
  }
  if (text === 'HTTP' || text === 'SSH-') {
    return { code: 'NOT_A_BROKER', message: `the other side speaks ${text} and is no Kafka broker` }
  }
  const limit = size > maxBytes ? `, more than the ${maxBytes} that are accepted (at most maxResponseBytes)` : ''
  const message = `a frame of ${size} bytes (0x${first.toString('hex')}) was announced${limit}; is this the port of a Kafka broker?`
  return { code: 'INVALID_FRAME', message }
}
