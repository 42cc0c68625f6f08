import { Heartbeat } from '@k/protocol'
import { type ClusterOptions, Connection, resolveOptions } from '../../src/index.ts'
import { ManualClock } from './manual-clock.ts'
import { on, type Script, ScriptedTransport } from './scripted-transport.ts'

export const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
export const silent = on(Heartbeat, () => undefined)
export const answering = on(Heartbeat, () => ({ errorCode: 0 }))

export function setUpConnection(options: ClusterOptions & { requestTimeoutMs?: number } = {}, ...scripts: Script[]) {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(...scripts)
  const ends: unknown[] = []
  const resolved = resolveOptions({ transport, clock, random: { next: () => 0.5 }, clientId: 'me', ...options })
  const connection = new Connection({ host: 'b', port: 9092, brokerId: 3 }, resolved, { closed: (_, error) => ends.push(error) })
  return { clock, transport, connection, ends }
}
