import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { archiveArguments, makeArchive } from './class-archive.ts'
import { newClusterId } from './cluster-id.ts'
import type { Environment } from './environment.ts'
import { PortTakenError } from './failure.ts'
import { fetchJars } from './jars.ts'
import { JavaNode } from './java-node.ts'
import { JavaServer } from './java-server.ts'
import { runJavaTool } from './java-tools.ts'
import { brokerJvm, classpath, javaCommand, toolJvm } from './jvm.ts'
import { KafkaCluster } from './kafka-cluster.ts'
import { logArgument, logConfig } from './log-config.ts'
import type { StartKafkaOptions } from './options.ts'
import { pickPorts, releasePorts } from './ports.ts'
import {
  formatProperties,
  kraftProperties,
  type NodeAddress,
  type Properties,
  zookeeperBrokerProperties,
  zookeeperSessionMs,
} from './properties.ts'
import { type Release, releaseOf } from './release.ts'
import { runCommand } from './run-command.ts'
import { makeRunDirectory } from './run-directory.ts'
import { prepareZookeeper } from './zookeeper.ts'

const host = '127.0.0.1'
const attempts = 4

/** Starts a cluster of JVMs on this machine, on other ports when one was taken meanwhile. */
export const startWithJava = async (release: Release, options: StartKafkaOptions, env: Environment): Promise<KafkaCluster> => {
  const jars = await fetchJars(release, env)
  // The brokers of a release with ZooKeeper are too rarely started.
  if (release.mode === 'kraft') await makeArchive(jars, env, (jvmArguments) => runToEnd(release, jars, { jvmArguments }, env))
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(release, jars, options, env)
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempt === attempts) throw error
    }
  }
}

/** What the parts of one start share. */
interface JavaStart {
  release: Release
  jars: string
  directory: string
  clusterId: string
  options: StartKafkaOptions
  env: Environment
}

const startOnce = async (release: Release, jars: string, options: StartKafkaOptions, env: Environment): Promise<KafkaCluster> => {
  const { nodes: count = 1, listeners = {}, startTimeoutMs = 60_000 } = options
  const directory = await makeRunDirectory()
  const start: JavaStart = { release, jars, directory, clusterId: newClusterId(), options, env }
  const names = ['PLAINTEXT', ...Object.keys(listeners), ...(release.mode === 'kraft' ? ['CONTROLLER'] : [])]
  const ports = await pickPorts(count * names.length + 1)
  const zookeeperPort = ports.pop()!
  const addresses = Array.from({ length: count }, (_, index): NodeAddress => {
    const byName = names.map((name, at) => [name, ports[index * names.length + at]!] as const)
    return { id: index + 1, host, ports: Object.fromEntries(byName), dataDirectory: join(directory, `data-${index + 1}`) }
  })

  const servers: JavaServer[] = []
  const close = async (): Promise<void> => {
    // Nobody needs the data of a closed cluster; an orderly end of three nodes would take 5 s.
    await Promise.all(servers.map((server) => server.kill()))
    await Promise.all(addresses.map(({ dataDirectory }) => rm(dataDirectory, { recursive: true, force: true })))
    await rm(join(directory, 'data-zookeeper'), { recursive: true, force: true })
    releasePorts([...ports, zookeeperPort])
  }
  const startNodes = async (): Promise<JavaNode[]> => {
    if (release.mode === 'zookeeper') {
      const zookeeper = prepareZookeeper(release, jars, directory, zookeeperPort, env)
      servers.push(zookeeper.server)
      await zookeeper.start()
    }
    const nodes = await Promise.all(
      addresses.map(async (address) => {
        const properties =
          release.mode === 'kraft'
            ? kraftProperties(address, addresses, listeners)
            : zookeeperBrokerProperties(address, addresses, zookeeperPort, listeners)
        const server = await prepareBroker(start, address, properties)
        servers.push(server)
        return new JavaNode(address, server, startTimeoutMs, release.mode === 'zookeeper' ? zookeeperSessionMs + 500 : 0)
      }),
    )
    await Promise.all(nodes.map((node) => node.launch()))
    const ids = nodes.map((node) => node.id)
    await Promise.all(nodes.map((node) => node.waitUntilReady(ids)))
    return nodes
  }

  const nodes = await startNodes().catch(async (error: unknown) => {
    await close()
    throw error
  })
  const toolsRelease = releaseOf(release.toolsVersion)
  const addressOf = (name: string): string => addresses.map((each) => `${host}:${each.ports[name]}`).join(',')
  return new KafkaCluster({
    way: 'java',
    version: release.version,
    nodes,
    addresses: Object.fromEntries(names.filter((name) => name !== 'CONTROLLER').map((name) => [name, addressOf(name)])),
    consoles: toolsRelease.consoles,
    runTool: (className, args, toolOptions) => runJavaTool(toolsRelease, env, className, args, toolOptions),
    logDirectory: directory,
    close,
  })
}

/** Starts one node with these options, and lets it end in order. */
const runToEnd = async (release: Release, jars: string, options: StartKafkaOptions, env: Environment): Promise<void> => {
  const kafka = await startOnce(release, jars, options, env)
  try {
    await kafka.node(1).stop()
  } finally {
    await kafka.close()
  }
}

/** Writes a broker's files and formats its data directory; the broker itself is not started yet. */
const prepareBroker = async (start: JavaStart, address: NodeAddress, properties: Properties): Promise<JavaServer> => {
  const { release, jars, directory, clusterId, options, env } = start
  const { formatArguments = [], jvmArguments = [], logLevel = 'WARN' } = options
  const own = typeof options.properties === 'function' ? options.properties(address) : options.properties
  const home = join(directory, `node-${address.id}`)
  const propertyFile = join(home, 'server.properties')
  const logFile = join(home, 'log4j.properties')
  await mkdir(home, { recursive: true })
  await writeFile(propertyFile, formatProperties({ ...properties, ...own }))
  await writeFile(logFile, logConfig(release.logging, logLevel, join(home, 'server.log')))
  const archive = await archiveArguments(jars, env)
  if (release.mode === 'kraft') {
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertyFile, ...formatArguments]
    const { code, stdout, stderr } = await runCommand(javaCommand(env), [...toolJvm, ...archive, ...classpath(jars), ...format], { env })
    if (code !== 0) throw new Error(`Kafka node ${address.id} could not format its data directory: ${`${stdout}${stderr}`.trim()}`)
  }
  const jvm = [...brokerJvm, ...archive, logArgument(release.logging, logFile), ...jvmArguments, ...classpath(jars)]
  return new JavaServer({ name: `node ${address.id}`, env, args: [...jvm, 'kafka.Kafka', propertyFile], directory: home })
}
