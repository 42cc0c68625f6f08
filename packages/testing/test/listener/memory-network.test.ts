import type { TransportHandler } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import type { Channel } from '../../src/listener/channel.ts'
import { MemoryNetwork } from '../../src/listener/memory-network.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'

const target = { host: 'here', port: 1 }

/** A listener that notes what it hears, and a client's handler that does. */
function setUp() {
  const network = new MemoryNetwork(new ManualClock())
  const heard: string[] = []
  const got: string[] = []
  let channel!: Channel
  const listener = network.listen(target.host, target.port, (opened) => {
    channel = opened
    return {
      received: (bytes) => void heard.push(bytes.toString()),
      drained: () => void heard.push('drained'),
      closed: () => void heard.push('closed'),
    }
  })
  const buffer = Buffer.alloc(4)
  const handler: TransportHandler = {
    buffer: () => buffer,
    received: (length) => void got.push(buffer.toString('utf8', 0, length)),
    drained: () => void got.push('drained'),
    closed: () => void got.push('closed'),
  }
  return { network, listener, heard, got, handler, channel: () => channel }
}

describe('a network in memory', () => {
  it('carries bytes both ways, in order, later and into the buffers of the client', async () => {
    const { network, heard, got, handler, channel } = setUp()
    const connection = await network.connect(target, handler)
    expect(connection.write([Buffer.from('ab'), Buffer.from('cd')])).toBe(true)
    connection.write([Buffer.from('ef')])
    channel().write([Buffer.from('123456'), Buffer.from('7')])
    expect([heard, got]).toEqual([[], []])
    await settle()
    expect(heard.join('')).toBe('abcdef')
    expect(got).toEqual(['1234', '56', '7'])
  })

  it('lets a client use its buffers again as soon as they are written', async () => {
    const { network, heard, handler } = setUp()
    const connection = await network.connect(target, handler)
    const bytes = Buffer.from('abc')
    connection.write([bytes])
    bytes.fill('-')
    await settle()
    expect(heard).toEqual(['abc'])
  })

  it('ends both sides once, after what was written before', async () => {
    const { network, heard, got, handler, channel } = setUp()
    const connection = await network.connect(target, handler)
    connection.write([Buffer.from('last')])
    connection.destroy()
    connection.destroy()
    connection.write([Buffer.from('never')])
    await settle()
    channel().destroy()
    await settle()
    expect([heard, got]).toEqual([['last', 'closed'], ['closed']])
  })

  it('hands a client that has gone nothing more', async () => {
    const { network, got, handler, channel } = setUp()
    const connection = await network.connect(target, handler)
    channel().write([Buffer.from('late')])
    connection.destroy()
    await settle()
    expect(got).toEqual(['closed'])
  })

  it('delivers what a broker wrote before it ended the connection', async () => {
    const { network, heard, got, handler, channel } = setUp()
    const connection = await network.connect(target, handler)
    channel().write([Buffer.from('bye')])
    channel().destroy()
    connection.write([Buffer.from('too late')])
    await settle()
    expect([heard, got]).toEqual([['closed'], ['bye', 'closed']])
  })

  it('asks a writer to wait, and calls it when the bytes have left', async () => {
    const { network, got, handler, channel } = setUp()
    const connection = await network.connect(target, handler)
    channel().pause()
    expect(connection.write([Buffer.alloc(2 * 1024 * 1024)])).toBe(false)
    await settle()
    expect(got).toEqual([])
    channel().resume()
    await settle()
    expect(got).toEqual(['drained'])
    expect(connection.write([Buffer.from('x')])).toBe(true)
  })

  it('refuses a connection where nobody listens, or listens any more', async () => {
    const { network, listener, handler } = setUp()
    await expect(network.connect({ host: 'here', port: 2 }, handler)).rejects.toMatchObject({ code: 'ERR_UNKNOWN_ADDRESS' })
    await listener.close()
    await expect(network.connect(target, handler)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('gives up connecting when it is told to', async () => {
    const { network, handler } = setUp()
    const abort = new AbortController()
    const connecting = network.connect({ ...target, signal: abort.signal }, handler)
    abort.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
    await expect(network.connect({ ...target, signal: abort.signal }, handler)).rejects.toThrow('enough')
  })
})
