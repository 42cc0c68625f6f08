import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below 32768 the kernel hands out no port by itself, so a client's socket cannot take one between this look and the broker's bind.
const lowest = 20_000
const beyond = 32_768

const handedOut = new Set<number>()

/** Picks ports that nobody listens on now and that no earlier call in this process got. */
export const pickPorts = async (count: number, isFree: (port: number) => Promise<boolean> = canListen): Promise<number[]> => {
  const ports: number[] = []
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > 1000 + count) throw new Error(`No ${count} free ports were found between ${lowest} and ${beyond - 1}.`)
    const port = randomInt(lowest, beyond)
    if (handedOut.has(port)) continue
    handedOut.add(port)
    if (await isFree(port)) ports.push(port)
    else handedOut.delete(port)
  }
  return ports
}

/** Gives ports back, so that a later call may pick them. */
export const releasePorts = (ports: Iterable<number>): void => {
  for (const port of ports) handedOut.delete(port)
}

/** True when nobody listens on this port of 127.0.0.1. */
export const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
