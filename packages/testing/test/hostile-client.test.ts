import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { ApiVersions, encodeRequest, Metadata, Produce } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../src/index.ts'

let kafka: FakeCluster
const sockets: Socket[] = []
beforeEach(async () => {
  kafka = await FakeCluster.start({ topics: { orders: 1 } })
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await kafka.close()
})

async function dial(): Promise<Socket> {
  const socket = connect(kafka.broker(1).port, kafka.broker(1).host)
  socket.on('error', () => {})
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

function metadata(correlationId: number): Buffer {
  return Buffer.concat(encodeRequest(Metadata, { topics: null }, { version: 9, correlationId, clientId: 'c' }))
}

/** A request with nothing but its header and these bytes. */
function request(apiKey: number, version: number, body = ''): Buffer {
  const bytes = Buffer.from(body, 'hex')
  const frame = Buffer.alloc(14 + bytes.length)
  frame.writeInt32BE(10 + bytes.length, 0)
  frame.writeInt16BE(apiKey, 4)
  frame.writeInt16BE(version, 6)
  frame.writeInt16BE(-1, 12)
  bytes.copy(frame, 14)
  return frame
}

/** The correlation ids of the answers that have come. */
function answersOf(socket: Socket): () => number[] {
  let all = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    all = Buffer.concat([all, bytes])
  })
  return () => {
    const ids: number[] = []
    for (let at = 0; at + 8 <= all.length; at += 4 + all.readInt32BE(at)) ids.push(all.readInt32BE(at + 4))
    return ids
  }
}

describe('a client that sends', () => {
  it.each<[string, Buffer, RegExp]>([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /a request of 1195725856 bytes/],
    ['a TLS hello', Buffer.from('160301020001', 'hex'), /a request of 369295618 bytes/],
    ['a negative size', Buffer.from('ffffffff', 'hex'), /a request of -1 bytes/],
    ['nothing in a frame', Buffer.alloc(4), /needs 2 bytes, has 0/],
    ['an API that there is not', request(999, 0), /API key 999 is not served/],
    ['a version that there is not', request(Produce.key, 99), /Produce version 99 is not served/],
    ['a negative version', request(Metadata.key, -1), /Metadata version -1 is not served/],
    ['a count that the bytes cannot hold', request(Metadata.key, 0, '7fffffff'), /array of 2147483647 in 0 bytes/],
    ['a negative count', request(Metadata.key, 0, 'fffffffb'), /length -5/],
    ['more than the request', request(Metadata.key, 0, '00000000ffff'), /2 bytes are left over/],
  ])('%s is disconnected, and what it did is told', async (_, bytes, failure) => {
    const socket = await dial()
    socket.resume()
    socket.write(bytes)
    await once(socket, 'close')
    expect(kafka.failures.map(String)).toEqual([expect.stringMatching(failure)])
    const other = await dial()
    const answers = answersOf(other)
    other.write(metadata(5))
    await kafka.until(() => answers().length === 1)
  })

  it('a version of ApiVersions that there is not is told which there are', async () => {
    const socket = await dial()
    const answers = answersOf(socket)
    socket.write(request(ApiVersions.key, 99))
    await kafka.until(() => answers().length === 1)
    expect(kafka.failures).toEqual([])
  })

  it('a request byte by byte is answered', async () => {
    const socket = await dial()
    const answers = answersOf(socket)
    for (const byte of metadata(5)) {
      socket.write(Buffer.from([byte]))
      await new Promise(setImmediate)
    }
    await kafka.until(() => answers().length === 1)
  })

  it('1,000 requests at once gets 1,000 answers in order', async () => {
    const socket = await dial()
    const answers = answersOf(socket)
    socket.write(Buffer.concat(Array.from({ length: 1_000 }, (_, i) => metadata(i))))
    await kafka.until(() => answers().length === 1_000)
    expect(answers()).toEqual(Array.from({ length: 1_000 }, (_, i) => i))
  })

  it('requests without end and reads no answer is not worked for any more', async () => {
    const socket = await dial()
    socket.pause()
    const many = Buffer.concat(Array.from({ length: 1_000 }, (_, i) => metadata(i)))
    let worked = 0
    kafka.requests.onRequest(() => worked++)
    // Ends when neither side takes anything more.
    for (let last = -1; last !== worked; ) {
      last = worked
      for (let i = 0; i < 200; i++) socket.write(many)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(worked).toBeGreaterThan(0)
    expect(socket.writableLength).toBeGreaterThan(0)
  })

  it('garbage for hours does not fill the memory with failures', async () => {
    for (let round = 0; round < 11; round++) {
      const dialled = await Promise.all(Array.from({ length: 100 }, dial))
      await Promise.all(
        dialled.map((socket) => {
          socket.resume()
          socket.write(Buffer.from('ffffffff', 'hex'))
          return once(socket, 'close')
        }),
      )
    }
    expect(kafka.failures).toHaveLength(1_000)
    await kafka.until(() => kafka.broker(1).connectionCount === 0)
  })
})
