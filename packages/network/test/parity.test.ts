import { Heartbeat } from '@k/protocol'
import { expect, it } from 'vitest'
import { Connection, resolveOptions } from '../src/index.ts'
import { ManualClock } from './support/manual-clock.ts'
import { on, ScriptedTransport } from './support/scripted-transport.ts'

it('keeps an unused connection for ever where connectionsMaxIdleMs is Infinity', async () => {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(on(Heartbeat, () => ({ errorCode: 0 })))
  const options = resolveOptions({ transport, clock, connectionsMaxIdleMs: Number.POSITIVE_INFINITY })
  const connection = new Connection({ host: 'b', port: 9092 }, options)
  await connection.request(Heartbeat, { groupId: 'g', generationId: 1, memberId: 'm' })
  await clock.advance(2 ** 40)
  expect(connection.isOpen).toBe(true)
  await connection.close()
})
