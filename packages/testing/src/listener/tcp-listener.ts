import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { Accept, Channel, Listener } from './channel.ts'

const HOST = '127.0.0.1'

/**
 * Listens on loopback. Port 0 takes a free one.
 * @throws what the operating system says, EADDRINUSE for one
 */
export function listenTcp(port: number, accept: Accept, tls?: TlsOptions): Promise<Listener> {
  const server = tls === undefined ? createServer(options, (s) => take(s, accept)) : createTlsServer({ ...tls, ...options })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  // A handshake that fails ends that connection alone.
  server.on('secureConnection', (socket: Socket) => take(socket, accept)).on('tlsClientError', () => {})
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, () => {
      server.off('error', reject)
      server.on('error', () => {})
      resolve({ host: HOST, port: portOf(server), close: () => close(server, sockets) })
    })
  })
}

const options = { noDelay: true }

function portOf(server: Server): number {
  return (server.address() as { port: number }).port
}

/** Ends also what has not become a connection yet, a TLS handshake that hangs. */
function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
  })
}

function take(socket: Socket, accept: Accept): void {
  const channel: Channel = {
    write(chunks) {
      if (socket.destroyed) return true
      socket.cork()
      let room = true
      for (const chunk of chunks) room = socket.write(chunk)
      socket.uncork()
      return room
    },
    end: () => socket.destroySoon(),
    destroy: () => socket.destroy(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    remoteHost: `/${socket.remoteAddress ?? HOST}`,
  }
  const handler = accept(channel)
  socket.on('data', (bytes) => handler.received(bytes))
  socket.on('drain', () => handler.drained())
  // The reason does not matter to a broker: 'close' always follows.
  socket.on('error', () => {})
  socket.on('close', () => handler.closed())
}
