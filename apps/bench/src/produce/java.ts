import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { classpath, defaultKafkaVersion, fetchJars, javaCommand, releaseOf } from '@tooling/kafka'
import type { Result } from './task.ts'

const TOOL = 'org.apache.kafka.tools.ProducerPerformance'
// A shell tells what its children have used: the whole process, with the compiler of the JVM.
const TIMED = '"$@" && times'

/** Kafka's own ProducerPerformance with its defaults: records of 100 bytes without keys, each with a callback. */
export async function java(bootstrapServers: string, topic: string, total: number): Promise<Result> {
  const jars = await fetchJars(releaseOf(defaultKafkaVersion))
  const options = { topic, 'num-records': total, 'record-size': 100, throughput: -1, 'bootstrap-server': bootstrapServers }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const begin = performance.now()
  const { stdout } = await promisify(execFile)('sh', ['-c', TIMED, 'sh', javaCommand(), ...classpath(jars), TOOL, ...args])
  const wallSeconds = (performance.now() - begin) / 1000
  const times = stdout
    .trim()
    .split('\n')
    .at(-1)!
    .matchAll(/(\d+)m([\d.]+)s/g)
  const cpuSeconds = [...times].reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0)
  return { cpuSeconds, wallSeconds, maxRssMb: 0, latencyMs: 0 }
}
