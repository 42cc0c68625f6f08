import { type ApiVersionsRequest, KafkaError } from '@k/protocol'
import type { RecordedRequest } from '../control/recorded-requests.ts'
import type { FakeCluster } from '../fake-cluster.ts'
import type { FakeClusterOptions } from '../fake-cluster-options.ts'
import { type CommandOptions, help, parseCommand } from './command-options.ts'

/** What the command touches of its process. */
export interface CommandProcess {
  print(line: string): void
  printError(line: string): void
  /** Resolves when the command is to end. */
  readonly ended: Promise<void>
}

/**
 * Runs the command until its process is to end, and returns the exit code.
 * @param start - starts a cluster
 */
export async function runCommand(
  args: readonly string[],
  start: (options: FakeClusterOptions) => Promise<FakeCluster>,
  { print, printError, ended }: CommandProcess,
): Promise<number> {
  try {
    const options = parseCommand(args)
    if (options === undefined) {
      print(help.trimEnd())
      return 0
    }
    const kafka = await start(options)
    announce(options, kafka, print)
    await ended
    await kafka.close()
    print('The cluster has ended, and everything in it is gone.')
    return 0
  } catch (error) {
    printError(sentenceOf(error))
    return 1
  }
}

function announce({ version, topics }: CommandOptions, kafka: FakeCluster, print: (line: string) => void): void {
  const { length } = kafka.brokers
  print(`Kafka ${version} in memory, ${length} ${length === 1 ? 'broker' : 'brokers'}: ${kafka.bootstrapServers}`)
  for (const [name, partitions] of Object.entries(topics))
    print(`topic ${name}: ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`)
  print('Ctrl-C ends it.')
  const seen = new Set<number>()
  kafka.requests.onRequest((request) => {
    if (seen.has(request.connection)) return
    seen.add(request.connection)
    print(`broker ${request.broker}: client ${nameOf(request)} connected`)
  })
}

function nameOf({ api, clientId, body }: RecordedRequest): string {
  const { clientSoftwareName = '', clientSoftwareVersion = '' } = api === 'ApiVersions' ? (body as ApiVersionsRequest) : {}
  const software = `${clientSoftwareName} ${clientSoftwareVersion}`.trim()
  return `${clientId ?? 'without an id'}${software === '' ? '' : ` (${software})`}`
}

function sentenceOf(error: unknown): string {
  if (KafkaError.is(error)) return error.message
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') return `Port ${port} is taken: end what listens there, or choose another with --port.`
  if (code === 'EACCES') return `Port ${port} may not be opened by this user: choose one above 1023 with --port.`
  return message
}
