import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaCluster } from '@tooling/kafka'

/** What was done to brokers. */
export interface TroubleFigures {
  readonly killed: number
  readonly paused: number
}

const pick = <T>(choices: readonly T[]) => choices[Math.floor(Math.random() * choices.length)] as T

/**
 * Kills brokers with SIGKILL and freezes them with SIGSTOP, one at a time, until `until`: each comes back before the next goes, so that there is
 * always a majority. @param victims - the brokers that matter just now: leaders, coordinators
 */
export async function makeTrouble(kafka: KafkaCluster, until: number, victims: () => Promise<readonly number[]>): Promise<TroubleFigures> {
  let killed = 0
  let paused = 0
  while (Date.now() < until) {
    await sleep(1_000 + Math.random() * 2_000)
    const node = kafka.node(pick(await victims().catch(() => kafka.nodes.map(({ id }) => id))))
    if (Math.random() < 0.6) {
      await node.kill()
      killed += 1
      await sleep(500 + Math.random() * 3_000)
      await node.start()
    } else {
      await node.pause()
      paused += 1
      await sleep(500 + Math.random() * 7_000)
      await node.resume()
    }
  }
  return { killed, paused }
}
