import { parseArgs } from 'node:util'
import { ConfigError } from '@k/protocol'
import { type FakeVersion, fakeVersions } from '../posing/released-versions.ts'

/** What the command was told. */
export interface CommandOptions {
  readonly port: number
  readonly brokers: number
  readonly version: FakeVersion
  /** Partitions by topic. */
  readonly topics: Readonly<Record<string, number>>
  readonly autoCreateTopics: boolean
}

/** What `--help` prints. */
export const help = `A Kafka cluster for tests and demonstrations: it speaks Kafka's protocol on loopback, and keeps everything in memory.

Usage: kafka-testing [options]

  --port <number>      TCP port of the first broker; the others take the next ones (default: 9092)
  --brokers <number>   how many brokers (default: 1)
  --version <release>  the release of Kafka to pose as: ${fakeVersions.join(', ')} (default: 4.3)
  --topics <list>      topics to begin with, as name:partitions,name:partitions
  --auto-create        creates a topic when a client asks for it
  --help               prints this

Example: kafka-testing --port 9092 --brokers 3 --topics orders:6,events:1
`

/**
 * Reads the command's arguments; undefined where help is asked for.
 * @throws ConfigError in one sentence
 */
export function parseCommand(args: readonly string[]): CommandOptions | undefined {
  const { values } = parse(args)
  if (values.help) return undefined
  return {
    port: wholeNumber('--port', values.port, 1, 65_535),
    brokers: wholeNumber('--brokers', values.brokers, 1, 1000),
    version: releaseFrom(values.version),
    topics: topicsFrom(values.topics),
    autoCreateTopics: values['auto-create'],
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '9092' },
        brokers: { type: 'string', default: '1' },
        version: { type: 'string', default: '4.3' },
        topics: { type: 'string', default: '' },
        'auto-create': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    // Node's first sentence says what is wrong; the rest is about positional arguments, of which there are none here.
    const [sentence] = (error as Error).message.split(/\.(?:\s|$)/)
    throw new ConfigError('arguments', `cannot be understood: ${sentence}; --help tells of all options`, { cause: error })
  }
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= min && number <= max) return number
  throw new ConfigError(option, `must be a whole number from ${min} to ${max}, not ${text}`)
}

function releaseFrom(text: string): FakeVersion {
  const version = fakeVersions.find((known) => known === text)
  if (version !== undefined) return version
  throw new ConfigError('--version', `must be one of ${fakeVersions.join(', ')}, not ${text}`)
}

function topicsFrom(text: string): Readonly<Record<string, number>> {
  const topics: [string, number][] = []
  for (const topic of text.split(',').filter((each) => each !== '')) {
    const [, name, partitions] = /^(.+):(\d+)$/.exec(topic) ?? []
    if (name === undefined) throw new ConfigError('--topics', `must be name:partitions,name:partitions; "${topic}" is not name:partitions`)
    if (topics.some(([other]) => other === name)) throw new ConfigError('--topics', `names ${name} twice`)
    topics.push([name, Number(partitions)])
  }
  return Object.fromEntries(topics)
}
