import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerRuntimeClient, StartedNetwork } from 'testcontainers'
import { newClusterId } from './cluster-id.ts'
import { DockerNode } from './docker-node.ts'
import { containerName, dockerProperties, internalAddress } from './docker-properties.ts'
import { PortTakenError } from './failure.ts'
import { brokerJvm, toolJvm } from './jvm.ts'
import { KafkaCluster } from './kafka-cluster.ts'
import { logArgument, logConfig } from './log-config.ts'
import type { StartKafkaOptions, ToolOptions } from './options.ts'
import { pickPorts, releasePorts } from './ports.ts'
import { formatProperties, type NodeAddress } from './properties.ts'
import type { Release } from './release.ts'
import type { CommandResult } from './run-command.ts'
import { makeRunDirectory } from './run-directory.ts'

const home = '/tmp/kafka'
// Kafka's user cannot write next to files that were copied in.
const dataDirectory = '/tmp/kafka-data'
const jars = ['-cp', '/opt/kafka/libs/*']
const attempts = 4

const quote = (words: readonly string[]): string => words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')

/** What a broker's container runs: the first start formats the data, later ones find it. */
export const startScript = (release: Release, clusterId: string, options: StartKafkaOptions): string => {
  const { formatArguments = [], jvmArguments = [] } = options
  const log = logArgument(release.logging, `${home}/log4j.properties`)
  const format = [...toolJvm, log, ...jars, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', `${home}/server.properties`]
  const serve = [...brokerJvm, log, ...jvmArguments, ...jars, 'kafka.Kafka', `${home}/server.properties`]
  return [
    `test -e ${dataDirectory}/meta.properties || java ${quote([...format, ...formatArguments])} || exit 1`,
    `exec java ${quote(serve)}`,
    '',
  ].join('\n')
}

/** Starts a cluster of containers of the official image, on other ports when one was taken meanwhile. */
export const startWithDocker = async (release: Release, options: StartKafkaOptions): Promise<KafkaCluster> => {
  const { getContainerRuntimeClient, Network } = await import('testcontainers')
  const client = await getContainerRuntimeClient()
  for (let attempt = 1; ; attempt++) {
    const network = await new Network().start()
    try {
      return await startOnce(release, options, client, network)
    } catch (error) {
      await network.stop()
      if (!(error instanceof PortTakenError) || attempt === attempts) throw error
    }
  }
}

/** What the parts of one start share. */
interface DockerStart {
  release: Release
  options: StartKafkaOptions
  client: ContainerRuntimeClient
  network: StartedNetwork
  directory: string
  clusterId: string
  addresses: NodeAddress[]
}

const startOnce = async (
  release: Release,
  options: StartKafkaOptions,
  client: ContainerRuntimeClient,
  network: StartedNetwork,
): Promise<KafkaCluster> => {
  const { nodes: count = 1, listeners = {} } = options
  const directory = await makeRunDirectory()
  const { host: engineHost } = client.info.containerRuntime
  // "localhost" may mean ::1 first, where nothing may be published.
  const host = engineHost === 'localhost' ? '127.0.0.1' : engineHost
  const names = ['PLAINTEXT', ...Object.keys(listeners)]
  const ports = await pickPorts(count * names.length)
  const addresses = Array.from({ length: count }, (_, index): NodeAddress => {
    const byName = names.map((name, at) => [name, ports[index * names.length + at]!] as const)
    return { id: index + 1, host, ports: Object.fromEntries(byName), dataDirectory }
  })

  const clusterId = newClusterId()
  const start: DockerStart = { release, options, client, network, directory, clusterId, addresses }
  const starting = addresses.map((address) => startContainer(start, address))
  const close = async (): Promise<void> => {
    const started = await Promise.allSettled(starting)
    await Promise.all(started.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)))
    releasePorts(ports)
  }
  const startNodes = async (): Promise<DockerNode[]> => {
    const nodes = await Promise.all(starting)
    const ids = nodes.map((node) => node.id)
    await Promise.all(nodes.map((node) => node.waitUntilReady(ids)))
    return nodes
  }
  const nodes = await startNodes().catch(async (error: Error) => {
    await close()
    const taken = /port is already allocated|address already in use/i.test(error.message)
    throw taken ? new PortTakenError(error.message, { cause: error }) : error
  })

  const addressOf = (name: string): string => addresses.map((each) => `${host}:${each.ports[name]}`).join(',')
  return new KafkaCluster({
    way: 'docker',
    version: release.version,
    nodes,
    addresses: Object.fromEntries(names.map((name) => [name, addressOf(name)])),
    consoles: release.consoles,
    runTool: (className, args, toolOptions) => runTool(release, nodes, className, args, toolOptions),
    logDirectory: directory,
    close: async () => {
      await close()
      await network.stop()
    },
  })
}

const startContainer = async (start: DockerStart, address: NodeAddress): Promise<DockerNode> => {
  const { GenericContainer, Wait } = await import('testcontainers')
  const { release, options, client, network, directory, clusterId, addresses } = start
  const { listeners, startTimeoutMs = 60_000, logLevel = 'WARN' } = options
  const own = typeof options.properties === 'function' ? options.properties(address) : options.properties
  const properties = { ...dockerProperties(address, addresses, listeners), ...own }
  const logDirectory = join(directory, `node-${address.id}`)
  await mkdir(logDirectory, { recursive: true })
  const container = await new GenericContainer(release.dockerImage!)
    .withNetwork(network)
    .withNetworkAliases(containerName(address.id))
    // The same port inside and outside, and the same again after a restart.
    .withExposedPorts(...Object.values(address.ports).map((port) => ({ container: port, host: port })))
    .withCopyContentToContainer([
      { content: formatProperties(properties), target: `${home}/server.properties` },
      { content: logConfig(release.logging, logLevel, 'stderr'), target: `${home}/log4j.properties` },
      { content: startScript(release, clusterId, options), target: `${home}/start.sh` },
    ])
    .withEntrypoint(['sh'])
    .withCommand([`${home}/start.sh`])
    // Whether Kafka is ready is asked in Kafka's own words, of every node.
    .withWaitStrategy(Wait.forSuccessfulCommand('true'))
    .withStartupTimeout(startTimeoutMs)
    .start()
  const node = new DockerNode(address, container, client, startTimeoutMs, join(logDirectory, 'server.log'))
  await node.keepLog(0)
  return node
}

const runTool = async (
  release: Release,
  nodes: readonly DockerNode[],
  className: string,
  args: readonly string[],
  { input = '', timeoutMs = 60_000 }: ToolOptions = {},
): Promise<CommandResult> => {
  const usable = nodes.filter((each) => each.usable)
  const [node] = usable
  if (node === undefined) throw new Error('No node is running that could run a tool.')
  // Published addresses lead nowhere inside the network; brokers answer there to other names. Names of stopped nodes are not known at all.
  const all = nodes.map(({ host, port }) => `${host}:${port}`).join(',')
  const reachable = usable.map(({ id }) => internalAddress(id)).join(',')
  const inside = args.map((arg) =>
    nodes.reduce((text, { id, host, port }) => text.replaceAll(`${host}:${port}`, internalAddress(id)), arg.replaceAll(all, reachable)),
  )
  const inputFile = `/tmp/input-${randomUUID()}`
  await node.container.copyContentToContainer([{ content: input, target: inputFile }])
  const log = logArgument(release.logging, `${home}/log4j.properties`)
  const seconds = String(Math.ceil(timeoutMs / 1000))
  const java = ['timeout', '-s', 'KILL', seconds, 'java', ...toolJvm, log, ...jars, className, ...inside]
  const { exitCode, stdout, stderr } = await node.container.exec(['sh', '-c', `exec ${quote(java)} < ${inputFile}`])
  if (exitCode === 137) throw new Error(`${className} did not end within ${timeoutMs} ms; it wrote: ${`${stdout}${stderr}`.slice(-1000)}`)
  return { code: exitCode, stdout, stderr }
}
