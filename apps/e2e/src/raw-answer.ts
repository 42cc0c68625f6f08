import { connect } from 'node:net'
import { type AnyApi, encodeRequest, type RequestInputOf } from '@k/protocol'

/** How a request is sent. */
export interface RawAnswerOptions {
  /** `host:port` of a broker. */
  readonly address: string
  /** The version in which the request is written. */
  readonly version: number
  /** The version that its header tells of. Default: the same */
  readonly pretended?: number
}

/** Sends one request on a connection of its own, and returns the answer behind its correlation id; undefined where the broker hangs up. */
export function rawAnswer<A extends AnyApi>(api: A, body: RequestInputOf<A>, options: RawAnswerOptions): Promise<Buffer | undefined> {
  const { address, version, pretended = version } = options
  const [host, port] = address.split(':') as [string, string]
  const frame = Buffer.concat(encodeRequest(api, body, { version, correlationId: 1, clientId: 'raw' }))
  frame.writeInt16BE(pretended, 6)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) })
    let received = Buffer.alloc(0)
    socket.setTimeout(10_000, () => socket.destroy(new Error(`${api.name} was not answered`)))
    socket.on('connect', () => socket.write(frame))
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      socket.destroy()
      resolve(received.subarray(8))
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(undefined))
  })
}
