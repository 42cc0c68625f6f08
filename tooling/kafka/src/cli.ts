import { setTimeout as sleep } from 'node:timers/promises'
import { parseCliOptions, usage } from './cli-options.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import { startKafka } from './start-kafka.ts'

const pollMs = 200

// The address alone goes to standard output, so that a script can read it; everything else is for people.
const tell = (line: string): boolean => process.stderr.write(`${line}\n`)

const run = async (): Promise<number> => {
  const options = parseCliOptions(process.argv.slice(2))
  if (options === undefined) {
    process.stdout.write(usage)
    return 0
  }
  let ready = false
  let wanted = true
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // What has been started so far dies with this process.
      if (!ready) process.exit(130)
      wanted = false
    })
  }
  tell(`Starting Apache Kafka ${options.version}, ${options.nodes === 1 ? '1 node' : `${options.nodes} nodes`}.`)
  const begun = Date.now()
  const kafka = await startKafka(options, { ...process.env, KAFKA_BOOTSTRAP_SERVERS: undefined })
  ready = true
  process.stdout.write(`${kafka.bootstrapServers}\n`)
  tell(`Ready after ${((Date.now() - begun) / 1000).toFixed(1)} s (${kafka.way}). Logs: ${kafka.logDirectory}`)
  for (const node of kafka.nodes) tell(`Node ${node.id} at ${node.host}:${node.port}; to kill it: ${node.killCommand}`)
  tell('Ctrl-C ends it.')
  const allEnded = await watch(kafka, () => wanted)
  await kafka.close()
  tell(allEnded ? 'Every node has ended.' : 'Ended.')
  return allEnded ? 1 : 0
}

/** Tells of nodes that end; resolves with true when all have, with false when nobody wants them any more. */
const watch = async (kafka: KafkaCluster, wanted: () => boolean): Promise<boolean> => {
  const ended = new Set<number>()
  while (wanted()) {
    for (const node of kafka.nodes) {
      if (node.running || ended.has(node.id)) continue
      ended.add(node.id)
      tell(`Node ${node.id} has ended.`)
    }
    if (ended.size === kafka.nodes.length) return true
    await sleep(pollMs)
  }
  return false
}

process.exitCode = await run().catch((error: Error) => {
  tell(error.message)
  return 1
})
