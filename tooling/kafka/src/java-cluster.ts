import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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
import { startZookeeper } from './zookeeper.ts'

const host = '127.0.0.1'
const attempts = 4

/** Starts a cluster of JVMs on this machine, on other ports when one was taken meanwhile. */
export const startWithJava = async (release: Release, options: StartKafkaOptions, env: Environment): Promise<KafkaCluster> => {
  const jars = await fetchJars(release, env)
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(release, jars, options, env)
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempt === attempts) throw error
    }
  }
}

const startOnce = async (release: Release, jars: string, options: StartKafkaOptions, env: Environment): Promise<KafkaCluster> => {
  const { nodes: count = 1, listeners = {}, startTimeoutMs = 60_000 } = options
  const directory = await makeRunDirectory()
  const names = ['PLAINTEXT', ...Object.keys(listeners), ...(release.mode === 'kraft' ? ['CONTROLLER'] : [])]
  const ports = await pickPorts(count * names.length + 1)
  const zookeeperPort = ports.pop() as number
  const addresses = Array.from({ length: count }, (_, index): NodeAddress => {
    const mine = ports.slice(index * names.length)
    const byName = Object.fromEntries(names.map((name, at) => [name, mine[at] as number]))
    return { id: index + 1, host, ports: byName, dataDirectory: join(directory, `data-${index + 1}`) }
  })

  const servers: JavaServer[] = []
  const close = async (): Promise<void> => {
    // Nobody needs the data of a closed cluster; an orderly end of three nodes would take 5 s.
    await Promise.all(servers.map((server) => server.kill()))
    await Promise.all(addresses.map(({ dataDirectory }) => rm(dataDirectory, { recursive: true, force: true })))
    await rm(join(directory, 'data-zookeeper'), { recursive: true, force: true })
    releasePorts([...ports, zookeeperPort])
  }

  const start = async (): Promise<JavaNode[]> => {
    if (release.mode === 'zookeeper') servers.push(await startZookeeper(release, jars, directory, zookeeperPort, env))
    const clusterId = randomBytes(16).toString('base64url')
    const nodes = await Promise.all(
      addresses.map(async (address) => {
        const base =
          release.mode === 'kraft'
            ? kraftProperties(address, addresses, listeners)
            : zookeeperBrokerProperties(address, addresses, zookeeperPort, listeners)
        const own = typeof options.properties === 'function' ? options.properties(address) : options.properties
        const server = await prepareNode(release, jars, directory, address.id, { ...base, ...own }, clusterId, options, env)
        servers.push(server)
        return new JavaNode(address, server, startTimeoutMs, release.mode === 'zookeeper' ? zookeeperSessionMs + 500 : 0)
      }),
    )
    await Promise.all(nodes.map((node) => node.launch()))
    const ids = nodes.map((node) => node.id)
    await Promise.all(nodes.map((node) => node.waitUntilReady(ids)))
    return nodes
  }

  const nodes = await start().catch(async (error: unknown) => {
    await close()
    throw error
  })
  const toolsRelease = releaseOf(release.toolsVersion)
  return new KafkaCluster({
    way: 'java',
    version: release.version,
    nodes,
    addresses: Object.fromEntries(
      names.filter((name) => name !== 'CONTROLLER').map((name) => [name, addresses.map((each) => `${host}:${each.ports[name]}`).join(',')]),
    ),
    consoles: toolsRelease.consoles,
    runTool: (className, args, toolOptions) => runJavaTool(toolsRelease, env, className, args, toolOptions),
    logDirectory: directory,
    close,
  })
}

const prepareNode = async (
  release: Release,
  jars: string,
  directory: string,
  id: number,
  properties: Properties,
  clusterId: string,
  options: StartKafkaOptions,
  env: Environment,
): Promise<JavaServer> => {
  const { formatArguments = [], jvmArguments = [], logLevel = 'WARN' } = options
  const home = join(directory, `node-${id}`)
  const propertyFile = join(home, 'server.properties')
  const logFile = join(home, 'log4j.properties')
  await mkdir(home, { recursive: true })
  await writeFile(propertyFile, formatProperties(properties))
  await writeFile(logFile, logConfig(release.logging, logLevel, join(home, 'server.log')))
  if (release.mode === 'kraft') {
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertyFile, ...formatArguments]
    const { code, stdout, stderr } = await runCommand(javaCommand(env), [...toolJvm, ...classpath(jars), ...format], { env })
    if (code !== 0) throw new Error(`Kafka node ${id} could not format its data directory: ${`${stdout}${stderr}`.trim()}`)
  }
  const jvm = [...brokerJvm, logArgument(release.logging, logFile), ...jvmArguments, ...classpath(jars)]
  return new JavaServer({ name: `node ${id}`, env, args: [...jvm, 'kafka.Kafka', propertyFile], directory: home })
}
