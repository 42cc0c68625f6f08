import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { canListen, pickPorts, releasePorts } from '../src/ports.ts'

describe('pickPorts', () => {
  it('picks different ports below the range that the kernel gives to clients', async () => {
    const ports = await pickPorts(20)
    expect(new Set(ports).size).toBe(20)
    for (const port of ports) expect(port).toSatisfy((each: number) => each >= 20_000 && each < 32_768)
    releasePorts(ports)
  })

  it('never picks a port twice before it is released', async () => {
    const free = [...(await pickPorts(1, async () => true))]
    const tried: number[] = []
    const more = await pickPorts(500, async (port) => {
      tried.push(port)
      return true
    })
    expect(tried).not.toContain(free[0])
    releasePorts([...free, ...more])
  })

  it('passes over ports that are taken', async () => {
    const tried: number[] = []
    const picked = await pickPorts(2, async (port) => tried.push(port) > 3)
    expect(picked).toEqual(tried.slice(3))
    releasePorts(picked)
  })

  it('gives up with a sentence when no port is free', async () => {
    await expect(pickPorts(1, async () => false)).rejects.toThrow('No 1 free ports were found between 20000 and 32767.')
  })
})

describe('canListen', () => {
  it('knows a port where somebody listens from one where nobody does', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await canListen(port)).toBe(false)
    server.close()
    await once(server, 'close')
    expect(await canListen(port)).toBe(true)
  })
})
