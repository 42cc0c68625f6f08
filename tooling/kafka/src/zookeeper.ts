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

/** Starts the ZooKeeper that came with a release, and waits until it accepts connections. */
export const startZookeeper = async (
  release: Release,
  jars: string,
  directory: string,
  port: number,
  env: Environment,
): Promise<JavaServer> => {
  const home = join(directory, 'zookeeper')
  const propertyFile = join(home, 'zookeeper.properties')
  const logFile = join(home, 'log4j.properties')
  await mkdir(home, { recursive: true })
  await writeFile(propertyFile, formatProperties(zookeeperProperties(port, join(directory, 'data-zookeeper'))))
  await writeFile(logFile, logConfig(release.logging, 'WARN', join(home, 'server.log')))
  const args = [...zookeeperJvm, logArgument(release.logging, logFile), ...classpath(jars)]
  const server = new JavaServer({
    name: 'ZooKeeper',
    env,
    args: [...args, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', propertyFile],
    directory: home,
  })
  await server.launch()
  const deadline = Date.now() + startTimeoutMs
  while (!(await accepts(port))) {
    await server.check()
    if (Date.now() > deadline)
      throw new Error(`ZooKeeper did not listen on port ${port} within ${startTimeoutMs} ms; its log is in ${home}.`)
    await sleep(25)
  }
  return server
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
