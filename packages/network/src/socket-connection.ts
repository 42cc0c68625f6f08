import type { Socket } from 'node:net'
import type { TransportConnection, TransportHandler } from '@k/protocol'

/** One connected socket of Node, plain or TLS. */
export class SocketConnection implements TransportConnection {
  readonly #socket: Socket
  readonly #handler: TransportHandler
  #draining = false
  readonly #onWritten = () => {
    if (!this.#draining || this.#socket.writableLength > 0 || this.#socket.destroyed) return
    this.#draining = false
    this.#handler.drained()
  }

  constructor(socket: Socket, handler: TransportHandler) {
    this.#socket = socket
    this.#handler = handler
    let fault: Error | undefined
    socket.on('error', (error) => {
      fault ??= error
    })
    // A peer that has ended sends no answers any more, whatever it would still read.
    socket.on('end', () => socket.destroy())
    socket.once('close', () => handler.closed(fault))
    // With `onread` nothing is emitted, but the stream must flow for its end to be noticed.
    socket.resume()
  }

  /** True where the operating system has taken everything already. */
  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (socket.destroyed) return true
    socket.cork()
    for (const chunk of chunks) socket.write(chunk, this.#onWritten)
    socket.uncork()
    if (socket.writableLength === 0) return true
    this.#draining = true
    return false
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
