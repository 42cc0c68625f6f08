import { spawn } from 'node:child_process'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'

const open: Server[] = []
const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of open.splice(0)) server.close()
})

/** A port that does with each connection, and with the first bytes on it, what the test says. */
async function listen(onBytes: (socket: Socket) => void, onSocket: (socket: Socket) => void = () => {}): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('data', () => onBytes(socket))
    onSocket(socket)
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

const source = new URL('../src/index.ts', import.meta.url).href

/** Runs a program in a process of its own, which must come to its end by itself. */
function run(program: string): Promise<{ code: number | null; output: string; elapsedMs: number }> {
  const started = performance.now()
  const preamble = `import { Cluster, plain } from ${JSON.stringify(source)}
const told = (error) => console.log(error.name, error.code, error.message)
`
  const child = spawn(process.execPath, ['--conditions=@k/source', '--input-type=module', '-e', preamble + program])
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), 8_000)
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(limit)
      resolve({ code, output, elapsedMs: performance.now() - started })
    })
  })
}

describe('a process that awaits', () => {
  it.each([
    ['a broker that is silent', () => listen(() => {})],
    ['a broker that speaks HTTP', () => listen((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    ['a broker that resets', () => listen((socket) => socket.resetAndDestroy())],
    ['a broker that sends without end', () => listen((socket) => setInterval(() => socket.write(Buffer.alloc(65_536)), 1).unref())],
    ['half a frame', () => listen((socket) => socket.write(Buffer.from([0, 0, 1, 0, 0, 0])))],
    ['nobody', async () => 1],
  ])('%s hears of it, and ends by itself once it has closed', async (_, start) => {
    const port = await start()
    const { code, output } = await run(`
const cluster = new Cluster({ bootstrapServers: '127.0.0.1:${port}', requestTimeoutMs: 500 })
await cluster.connect().catch(told)
await cluster.close()
`)
    expect(output).toMatch(/^(ConnectionError|TimeoutError) /)
    expect(code).toBe(0)
  })

  it('a function for tls that never answers hears of the deadline', async () => {
    const { code, output } = await run(`
const cluster = new Cluster({ tls: () => new Promise(() => {}), socketConnectionSetupTimeoutMs: 300 })
await cluster.connect().catch(told)
await cluster.close()
`)
    expect(output).toMatch(/TimeoutError TIMED_OUT/)
    expect(code).toBe(0)
  })

  it('a function for bootstrapServers that never answers hears of the deadline', async () => {
    const { code, output } = await run(`
const cluster = new Cluster({ bootstrapServers: () => new Promise(() => {}), requestTimeoutMs: 300 })
await cluster.connect().catch(told)
await cluster.close()
`)
    expect(output).toMatch(/TimeoutError TIMED_OUT/)
    expect(code).toBe(0)
  })

  it('a password that never comes hears of the deadline', async () => {
    const port = await listen(() => {})
    const { code, output } = await run(`
const cluster = new Cluster({
  bootstrapServers: '127.0.0.1:${port}', requestTimeoutMs: 300,
  sasl: plain({ username: 'u', password: () => new Promise(() => {}) }),
})
await cluster.connect().catch(told)
await cluster.close()
`)
    expect(output).toMatch(/TIMED_OUT|CONNECTION_CLOSED/)
    expect(code).toBe(0)
  })

  it('a transport without sockets that is silent hears of the deadline, and close returns', async () => {
    const { code, output } = await run(`
const transport = { connect: async () => ({ write: () => true, destroy() {} }) }
const cluster = new Cluster({ transport, requestTimeoutMs: 300 })
await cluster.connect().catch(told)
await cluster.close()
console.log('closed')
`)
    expect(output).toMatch(/TIMED_OUT|CONNECTION_CLOSED/)
    expect(output).toMatch(/closed\n$/)
    expect(code).toBe(0)
  })
})

describe('a process that closes', () => {
  it.each([0, 1, 2, 3, 5, 10])('%i microtasks after its first call ends by itself', async (turns) => {
    const port = await listen(() => {})
    const { code, output, elapsedMs } = await run(`
const cluster = new Cluster({ bootstrapServers: '127.0.0.1:${port}' })
cluster.connect().catch(told)
for (let i = 0; i < ${turns}; i++) await undefined
await cluster.close()
`)
    expect(output).toMatch(/ClosedError/)
    expect(code).toBe(0)
    expect(elapsedMs).toBeLessThan(5_000)
  })

  it('during a TLS handshake that nobody answers ends by itself', async () => {
    const port = await listen(() => {})
    const { code } = await run(`
const cluster = new Cluster({ bootstrapServers: '127.0.0.1:${port}', tls: true })
cluster.connect().catch(told)
await new Promise((resolve) => setTimeout(resolve, 100))
await cluster.close()
`)
    expect(code).toBe(0)
  })

  it('after TLS options that cannot be used leaves no socket', async () => {
    const port = await listen(() => {})
    const { code, output } = await run(`
for (const tls of [{ key: 'nonsense', cert: 'nonsense' }, { minVersion: 'TLSv9' }, { ciphers: 5 }, { checkServerIdentity: null }]) {
  const cluster = new Cluster({ bootstrapServers: '127.0.0.1:${port}', tls })
  await cluster.connect().catch(told)
  await cluster.close()
}
`)
    expect(output.trim().split('\n')).toHaveLength(4)
    expect(code).toBe(0)
  })
})
