import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { probeMetadata } from '../src/metadata-probe.ts'

let server: Server | undefined
const sockets = new Set<Socket>()

const serve = async (answer: (socket: Socket, request: Buffer) => void): Promise<number> => {
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (request) => answer(socket, request))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  server?.close()
  server = undefined
})

/** Metadata version 1 that names these brokers. */
const metadata = (ids: number[]): Buffer => {
  const brokers = ids.map((id) => {
    const broker = Buffer.alloc(4 + 2 + 4 + 4 + 2)
    broker.writeInt32BE(id)
    broker.writeInt16BE(4, 4)
    broker.write('host', 6)
    broker.writeInt32BE(9092, 10)
    broker.writeInt16BE(-1, 14)
    return broker
  })
  const body = Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0, 0, ids.length]), ...brokers, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])])
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

describe('probeMetadata', () => {
  it('asks for metadata of no topics in version 1', async () => {
    const requests: Buffer[] = []
    const port = await serve((socket, request) => {
      requests.push(request)
      socket.write(metadata([]))
    })
    await probeMetadata('127.0.0.1', port, 1000)
    expect(Buffer.concat(requests).toString('hex')).toBe('0000000e0003000100000001ffff00000000')
  })

  it('returns the ids of all brokers, also when the answer comes byte by byte', async () => {
    const port = await serve(async (socket) => {
      socket.setNoDelay(true)
      for (const byte of metadata([1, 2, 300])) {
        socket.write(Buffer.of(byte))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    expect(await probeMetadata('127.0.0.1', port, 5000)).toEqual([1, 2, 300])
  })

  it('refuses what is not Kafka at once', async () => {
    const port = await serve((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await expect(probeMetadata('127.0.0.1', port, 5000)).rejects.toThrow(`127.0.0.1:${port} does not speak the Kafka protocol`)
  })

  it('refuses metadata that is cut short', async () => {
    const whole = metadata([1, 2])
    const cut = Buffer.from(whole.subarray(0, 20))
    cut.writeInt32BE(16)
    const port = await serve((socket) => socket.write(cut))
    await expect(probeMetadata('127.0.0.1', port, 5000)).rejects.toThrow('sent metadata that cannot be read')
  })

  it('tells of a broker that closes, of one that is silent and of one that is not there', async () => {
    const closing = await serve((socket) => socket.destroy())
    await expect(probeMetadata('127.0.0.1', closing, 5000)).rejects.toThrow(/closed the connection|ECONNRESET/)
    server?.close()
    const silent = await serve(() => {})
    await expect(probeMetadata('127.0.0.1', silent, 50)).rejects.toThrow('gave no metadata within 50 ms')
    await expect(probeMetadata('127.0.0.1', 1, 5000)).rejects.toThrow('127.0.0.1:1 cannot be reached (ECONNREFUSED)')
  })
})
