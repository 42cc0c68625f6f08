import { setTimeout as sleep } from 'node:timers/promises'
import { probeMetadata } from './metadata-probe.ts'

const pollMs = 25
const probeMs = 2000

/** The process behind a broker. */
export interface Watched {
  /** Rejects when the process has ended. */
  check(): Promise<void>
  /** The last lines of its logs. */
  logTails(): Promise<string>
}

/** Waits until a broker answers metadata that names all these brokers; rejects with its log when its process ends or time is up. */
export const waitUntilReady = async (
  { host, port }: { host: string; port: number },
  ids: readonly number[],
  deadline: number,
  watched: Watched,
): Promise<void> => {
  let last = 'nothing was answered'
  while (Date.now() < deadline) {
    await watched.check()
    try {
      const known = await probeMetadata(host, port, Math.min(probeMs, Math.max(1, deadline - Date.now())))
      if (ids.every((id) => known.includes(id))) return
      last = `its metadata names the brokers ${known.join(', ') || 'none'} and not ${ids.join(', ')}`
    } catch (error) {
      last = (error as Error).message
    }
    await sleep(pollMs)
  }
  throw new Error(`The broker at ${host}:${port} was not ready in time: ${last}. ${await watched.logTails()}`)
}
