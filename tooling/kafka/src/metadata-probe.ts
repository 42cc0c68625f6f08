import { connect } from 'node:net'

const maxFrameBytes = 1 << 20

// Metadata version 1 for no topics: every broker from 0.10 to 4.x answers it. api key 3, version 1, correlation id 1, no client id.
const request = Buffer.from('0000000e0003000100000001ffff00000000', 'hex')

/** Asks one broker for metadata and returns the ids of the brokers that it knows; rejects when there is no whole answer in time. */
export const probeMetadata = (host: string, port: number, timeoutMs: number): Promise<number[]> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const chunks: Buffer[] = []
    const settle = (outcome: () => void): void => {
      clearTimeout(timer)
      socket.destroy()
      outcome()
    }
    const fail = (why: string): void => settle(() => reject(new Error(`${host}:${port} ${why}`)))
    const timer = setTimeout(() => fail(`gave no metadata within ${timeoutMs} ms`), timeoutMs)
    socket.once('connect', () => socket.write(request))
    socket.once('error', (error: NodeJS.ErrnoException) => fail(`cannot be reached (${error.code ?? error.message})`))
    socket.once('close', () => fail('closed the connection'))
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      if (bytes.length < 4) return
      const size = bytes.readInt32BE(0)
      if (size < 4 || size > maxFrameBytes) return fail('does not speak the Kafka protocol')
      if (bytes.length < 4 + size) return
      try {
        const ids = brokerIdsOf(bytes.subarray(8, 4 + size))
        settle(() => resolve(ids))
      } catch {
        fail('sent metadata that cannot be read')
      }
    })
  })

const brokerIdsOf = (body: Buffer): number[] => {
  let at = 4
  const skipString = (): void => {
    at += 2 + Math.max(0, body.readInt16BE(at))
  }
  const ids: number[] = []
  for (let left = body.readInt32BE(0); left > 0; left--) {
    ids.push(body.readInt32BE(at))
    at += 4
    skipString()
    at += 4
    skipString()
  }
  if (at > body.length) throw new RangeError('cut short')
  return ids
}
