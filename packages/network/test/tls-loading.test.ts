import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it, vi } from 'vitest'
import { NodeTransport } from '../src/index.ts'
import { settled } from './support/manual-clock.ts'

// As where something watches what a process loads: then it takes turns of the loop.
vi.mock('node:tls', async (load) => {
  for (let turn = 0; turn < 20; turn++) await settled()
  return load()
})

it('loads TLS before it dials, so that no end of a socket goes unnoticed meanwhile', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).end())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const handler = { buffer: () => Buffer.alloc(64), received: () => {}, drained: () => {}, closed: () => {} }
  const signal = AbortSignal.timeout(4_000)
  await expect(new NodeTransport().connect({ host: '127.0.0.1', port, tls: {}, signal }, handler)).rejects.toThrow('disconnected')
  server.close()
})
