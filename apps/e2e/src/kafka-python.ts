import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PACKAGES = ['kafka-python==3.0.12', 'lz4==4.4.5', 'python-snappy==0.7.3', 'zstandard==0.25.0']
const INSTALL_MS = 180_000
const RUN_MS = 60_000

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

/** kafka-python with all its codecs, in an environment of its own that goes with it. Values are single lines of text. */
export class KafkaPython {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws where there is no Python, or its packages cannot be had */
  static async install(): Promise<KafkaPython> {
    const python = new KafkaPython(mkdtempSync(join(tmpdir(), 'kafka-python-')))
    try {
      await run('python3', ['-m', 'venv', python.#folder], INSTALL_MS)
      await run(python.#interpreter, ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', ...PACKAGES], INSTALL_MS)
      return python
    } catch (error) {
      python.close()
      throw error
    }
  }

  async produce(o: { bootstrapServers: string; topic: string; compression: string; values: readonly string[] }): Promise<void> {
    await run(this.#interpreter, ['-c', PRODUCE, o.bootstrapServers, o.topic, o.compression], RUN_MS, `${o.values.join('\n')}\n`)
  }

  async consume(o: { bootstrapServers: string; topic: string; count: number }): Promise<string[]> {
    const output = await run(this.#interpreter, ['-c', CONSUME, o.bootstrapServers, o.topic, `${o.count}`], RUN_MS)
    return output.trimEnd().split('\n')
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #interpreter(): string {
    return process.platform === 'win32' ? join(this.#folder, 'Scripts', 'python.exe') : join(this.#folder, 'bin', 'python')
  }
}

/**
 * kafka-python, or undefined where it cannot be had, which is said on standard error. With `CI=true` that is a failure, unless
 * `KAFKA_E2E=no-kafka-python` says that it is meant.
 */
export async function kafkaPython(env: NodeJS.ProcessEnv = process.env): Promise<KafkaPython | undefined> {
  if (env.KAFKA_E2E === 'off' || env.KAFKA_E2E === 'no-kafka-python') return undefined
  try {
    return await KafkaPython.install()
  } catch (error) {
    const reason = `kafka-python cannot be installed: ${error instanceof Error ? error.message : error}`
    if (env.CI === 'true') throw new Error(`${reason} (KAFKA_E2E=no-kafka-python goes without.)`, { cause: error })
    process.stderr.write(`\n*** SKIPPED: tests with kafka-python. ${reason} ***\n\n`)
    return undefined
  }
}

function run(command: string, args: readonly string[], timeout: number, input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { timeout, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args[0]} failed: ${stderr.trim().slice(-1000) || error.message}`, { cause: error }))
      else resolve(stdout)
    })
    // A program that ends before it has read everything breaks the pipe; its exit code tells the story.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}
