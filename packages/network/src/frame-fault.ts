/** Says why the bytes are no frames of Kafka and, where it can be told, what the other side speaks. */
export type OnFrameFault = (code: 'INVALID_FRAME' | 'NOT_A_BROKER', why: string) => void

/** Tells what a frame size that Kafka never sends says about the other side. `head` are the same bytes as text. */
export function tellFrameFault(onFault: OnFrameFault, size: number, head: string, maxBytes: number): void {
  // The record types of TLS that a server may begin with: alert and handshake, then the major version.
  const start = size >> 16
  if (start === 0x1503 || start === 0x1603) onFault('NOT_A_BROKER', 'the other side speaks TLS: set the option tls')
  else if (head === 'HTTP' || head === 'SSH-') onFault('NOT_A_BROKER', `the other side speaks ${head}, not Kafka`)
  else {
    const why = `a frame of ${size} bytes, not 4 to ${maxBytes} (maxResponseBytes): is this a Kafka broker?`
    onFault('INVALID_FRAME', why)
  }
}
