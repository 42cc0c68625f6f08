import { judgeOrSkip } from './judges/skip-judge.ts'
import { pythonWithClients, runProgram } from './python.ts'

const timeout = 60_000

const PRODUCE = `
import sys
from kafka import KafkaProducer
servers, topic, compression = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=servers, compression_type=compression, acks='all', linger_ms=200, batch_size=200000, max_request_size=2000000)
sent = [producer.send(topic, line.rstrip('\\n').encode()) for line in sys.stdin]
for future in sent:
    future.get(30)
producer.close()
`

const CONSUME = `
import sys
from kafka import KafkaConsumer
servers, topic, count = sys.argv[1:]
consumer = KafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset='earliest', consumer_timeout_ms=20000)
for number, record in enumerate(consumer, 1):
    print(record.value.decode())
    if number == int(count):
        break
consumer.close()
`

/** kafka-python with all its codecs. Values are single lines of text. */
export class KafkaPython {
  readonly #interpreter: string

  constructor(interpreter: string) {
    this.#interpreter = interpreter
  }

  async produce(o: { bootstrapServers: string; topic: string; compression: string; values: readonly string[] }): Promise<void> {
    const input = `${o.values.join('\n')}\n`
    await runProgram(this.#interpreter, ['-c', PRODUCE, o.bootstrapServers, o.topic, o.compression], { timeout, input })
  }

  async consume(o: { bootstrapServers: string; topic: string; count: number }): Promise<string[]> {
    const output = await runProgram(this.#interpreter, ['-c', CONSUME, o.bootstrapServers, o.topic, `${o.count}`], { timeout })
    return output.trimEnd().split('\n')
  }
}

/** kafka-python, or undefined where it is left out or cannot be had. */
export const kafkaPython = (): Promise<KafkaPython | undefined> =>
  judgeOrSkip('kafka-python', async () => new KafkaPython(await pythonWithClients()))
