import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ClientName } from './task.ts'

// The built packages, and no TypeScript: what a user starts.
const PROGRAMS: Record<ClientName | 'empty', string> = {
  empty: '',
  '@k': `
    import { Producer } from '@k/producer'
    await new Producer({ bootstrapServers }).send({ topic, value: 'first' })`,
  kafkajs: `
    import { Kafka, logLevel, Partitioners } from 'kafkajs'
    const producer = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).producer({ idempotent: true })
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'first' }] })`,
  '@platformatic/kafka': `
    import { Producer } from '@platformatic/kafka'
    const producer = new Producer({ clientId: 'bench', bootstrapBrokers: [bootstrapServers], idempotent: true })
    await producer.send({ messages: [{ topic, value: Buffer.from('first') }] })`,
}

/** Milliseconds from the start of a process to its first acknowledged record; of an empty program, to its end. */
export interface Start {
  readonly cpuMs: number
  readonly wallMs: number
}

const REPORT = `
    const { user, system } = process.cpuUsage()
    process.stdout.write(String((user + system) / 1000), () => process.exit())`

/** Starts one process. */
export async function startOf(client: keyof typeof PROGRAMS, bootstrapServers: string, topic: string): Promise<Start> {
  const given = `const [bootstrapServers, topic] = ${JSON.stringify([bootstrapServers, topic])};`
  const program = `${given}${PROGRAMS[client]}${REPORT}`
  const begin = performance.now()
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  })
  const ended = once(child, 'exit')
  const said = await Promise.race([once(child.stdout, 'data'), ended.then(() => undefined)])
  const wallMs = performance.now() - begin
  await ended
  if (said === undefined) throw new Error(`the program of ${client} did not come to its end`)
  return { cpuMs: Number(said[0]), wallMs }
}
