import { Producer, type ProducerOptions } from '@k/producer'
import { readProperties } from './client-properties.ts'
import { runCommand, UsageError, type Values } from './command-line.ts'
import { endWithoutReaders, printJson } from './json-lines.ts'
import { producerOptions } from './producer-properties.ts'
import { stopSignal } from './stop-signal.ts'
import { Throttle } from './throttle.ts'

const definitions = {
  topic: { type: 'text', required: true, help: 'Produce messages to this topic.' },
  'bootstrap-server': {
    type: 'text',
    required: true,
    metavar: 'HOST1:PORT1[,HOST2:PORT2[...]]',
    help: 'The brokers to connect to first.',
  },
  'max-messages': { type: 'integer', help: 'How many messages; -1, which is the default, goes on until the process is stopped.' },
  throughput: { type: 'integer', help: 'About how many messages a second at most; -1, which is the default, sets no limit.' },
  acks: {
    type: 'integer',
    choices: ['0', '1', '-1'],
    help: 'Who must have a message before it counts. Default: -1, all replicas in sync.',
  },
  'producer.config': { type: 'text', metavar: 'CONFIG-FILE', help: 'The old name of --command-config.' },
  'command-config': { type: 'text', metavar: 'CONFIG-FILE', help: 'A file of properties of the producer; they come before the arguments.' },
  'message-create-time': {
    type: 'integer',
    metavar: 'CREATE-TIME',
    help: 'The timestamp to begin with, in ms since the epoch. Default: now.',
  },
  'value-prefix': { type: 'integer', help: 'Goes before each value, with a dot between.' },
  'repeating-keys': { type: 'integer', help: 'Keys count from 0 to this number, which is left out, and begin again. Default: no keys.' },
} as const

/** Produces whole numbers, one more each time, and tells of each whether it was acknowledged. */
class VerifiableProducer {
  readonly #values: Values<typeof definitions>
  readonly #topic: string
  readonly #startMs = Date.now()
  #createTime: number | undefined
  #keys = 0
  #sent = 0
  #acked = 0

  constructor(values: Values<typeof definitions>) {
    this.#values = values
    this.#topic = values.topic as string
    const createTime = values['message-create-time'] ?? -1
    this.#createTime = createTime === -1 ? undefined : createTime
  }

  async run(producer: Producer, signal: AbortSignal): Promise<void> {
    const { throughput = -1, 'max-messages': wanted = -1 } = this.#values
    this.#tell('startup_complete')
    const throttle = new Throttle(throughput)
    const count = wanted < 0 ? Number.POSITIVE_INFINITY : wanted
    for (let i = 0; i < count && !signal.aborted; i++) {
      await this.#produce(producer, i)
      await throttle.wait(i + 1, signal)
    }
    // What failed was told of, message by message.
    await producer.close()
    this.#tell('shutdown_complete')
    this.#tell('tool_data', {
      sent: this.#sent,
      acked: this.#acked,
      target_throughput: throughput,
      avg_throughput: (1000 * this.#acked) / Math.max(1, Date.now() - this.#startMs),
    })
  }

  #produce(producer: Producer, i: number): Promise<void> | undefined {
    const prefix = this.#values['value-prefix']
    const key = this.#nextKey()
    const value = prefix === undefined ? `${i}` : `${prefix}.${i}`
    const timestamp = this.#nextTimestamp()
    this.#sent++
    const record = { topic: this.#topic, key, value, ...(timestamp === undefined ? {} : { timestamp }) }
    return producer.enqueue(record, {
      onDelivery: (error, metadata) => {
        if (metadata !== undefined && error === undefined) {
          this.#acked++
          const { offset, topic, partition } = metadata
          this.#tell('producer_send_success', { key, value, offset, topic, partition })
        } else {
          const exception = `class ${error?.name}`
          this.#tell('producer_send_error', { topic: this.#topic, key, value, exception, message: error?.message })
        }
      },
    })
  }

  #nextKey(): string | null {
    const count = this.#values['repeating-keys']
    if (count === undefined) return null
    const key = this.#keys++
    if (this.#keys === count) this.#keys = 0
    return `${key}`
  }

  // As with Kafka's tool the times run ahead: each goes on by the whole time since the start.
  #nextTimestamp(): number | undefined {
    const timestamp = this.#createTime
    if (timestamp !== undefined) this.#createTime = timestamp + Date.now() - this.#startMs
    return timestamp
  }

  #tell(name: string, facts: object = {}): void {
    printJson({ timestamp: Date.now(), name, ...facts })
  }
}

function optionsOf(values: Values<typeof definitions>): ProducerOptions {
  const { 'command-config': file, 'producer.config': old } = values
  if (file !== undefined && old !== undefined)
    throw new UsageError('Options --producer.config and --command-config are mutually exclusive.')
  if (old !== undefined) process.stderr.write('--producer.config is an old name; use --command-config instead.\n')
  const configFile = file ?? old
  // As with Kafka's tool a message is tried once, and the file comes before the arguments.
  const properties = new Map([
    ['acks', String(values.acks ?? -1)],
    ['retries', '0'],
    ...(configFile === undefined ? [] : readProperties(configFile)),
  ])
  // What a file says about acks and idempotence is known when it is read: the producer refuses pairs that cannot be.
  return { ...producerOptions(properties), bootstrapServers: values['bootstrap-server'] } as ProducerOptions
}

const about = 'Sends growing numbers to a topic, and tells in lines of JSON which of them were acknowledged and which were not.'

endWithoutReaders()
await runCommand({ command: 'verifiable-producer', about, definitions }, async (values) => {
  const signal = stopSignal()
  await new VerifiableProducer(values).run(new Producer(optionsOf(values)), signal)
})
