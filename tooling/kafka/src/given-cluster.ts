import type { Environment } from './environment.ts'
import { runJavaTool } from './java-tools.ts'
import { KafkaCluster } from './kafka-cluster.ts'
import { probeMetadata } from './metadata-probe.ts'
import { defaultKafkaVersion, releaseOf } from './release.ts'

const probeMs = 10_000

/** Splits `host:port,host:port`; IPv6 addresses stand in brackets. */
export const parseBootstrapServers = (text: string): { host: string; port: number }[] =>
  text.split(',').map((each) => {
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(each.trim()) ?? []
    const host = bracketed ?? plain
    if (!host || !port || Number(port) > 65_535) {
      throw new Error(`KAFKA_BOOTSTRAP_SERVERS has "${each.trim()}"; write host:port, several with commas between.`)
    }
    return { host, port: Number(port) }
  })

/** Takes brokers that run already; rejects when none of them answers. */
export const useGivenAddress = async (bootstrapServers: string, env: Environment): Promise<KafkaCluster> => {
  const servers = parseBootstrapServers(bootstrapServers)
  await Promise.any(servers.map(({ host, port }) => probeMetadata(host, port, probeMs))).catch((error: AggregateError) => {
    const reasons = error.errors.map((each: Error) => each.message).join('; ')
    throw new Error(`None of the brokers in KAFKA_BOOTSTRAP_SERVERS answers: ${reasons}.`)
  })
  const tools = releaseOf(defaultKafkaVersion)
  return new KafkaCluster({
    way: 'address',
    version: undefined,
    nodes: [],
    addresses: { PLAINTEXT: bootstrapServers },
    consoles: tools.consoles,
    runTool: (className, args, options) => runJavaTool(tools, env, className, args, options),
    logDirectory: undefined,
    close: async () => {},
  })
}
