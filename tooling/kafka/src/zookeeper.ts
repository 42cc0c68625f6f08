import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from './environment.ts'
import { JavaServer } from './java-server.ts'
import { classpath, zookeeperJvm } from './jvm.ts'
import { logArgument, logConfig } from './log-config.ts'
import { formatProperties, zookeeperProperties } from './properties.ts'
import type { Release } from './release.ts'

const startTimeoutMs = 30_000

/** The ZooKeeper that came with a release. `start` resolves when it accepts connections. */
export interface Zookeeper {
  server: JavaServer
  start(): Promise<void>
}

/** Makes a ZooKeeper server; nothing runs before its `start`. */
export const prepareZookeeper = (release: Release, jars: string, directory: string, port: number, env: Environment): Zookeeper => {
  const home = join(directory, 'zookeeper')
  const propertyFile = join(home, 'zookeeper.properties')
  const logFile = join(home, 'log4j.properties')
  const jvm = [...zookeeperJvm, logArgument(release.logging, logFile), ...classpath(jars)]
  const args = [...jvm, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', propertyFile]
  const server = new JavaServer({ name: 'ZooKeeper', env, args, directory: home })
  const start = async (): Promise<void> => {
    await mkdir(home, { recursive: true })
    await writeFile(propertyFile, formatProperties(zookeeperProperties(port, join(directory, 'data-zookeeper'))))
    await writeFile(logFile, logConfig(release.logging, 'WARN', join(home, 'server.log')))
    await server.launch()
    const deadline = Date.now() + startTimeoutMs
    while (!(await accepts(port))) {
      await server.check()
      if (Date.now() > deadline) throw new Error(`ZooKeeper did not listen within ${startTimeoutMs} ms. ${await server.logTails()}`)
      await sleep(25)
    }
  }
  return { server, start }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1000 })
    const settle = (open: boolean): void => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('timeout', () => settle(false))
  })
