import { setTimeout as sleep } from 'node:timers/promises'
import { Producer } from '@k/producer'
import type { Ledger } from './ledger.ts'
import { firstWord, type Text } from './text.ts'

const PACE_MS = 20

/** Sends every line, at `rate` records a second, and resolves when all are acknowledged. @throws what the first failed record says */
export async function writeText(text: Text, topic: string, o: { bootstrapServers: string; rate: number; ledger: Ledger }): Promise<void> {
  await using producer = new Producer({ bootstrapServers: o.bootstrapServers, clientId: 'demo-writer', logger: null })
  const onDelivery = (error: Error | undefined, metadata: { partition: number } | undefined) => {
    if (error === undefined && metadata !== undefined) o.ledger.acknowledge(metadata.partition)
    else failed ??= error
  }
  let failed: Error | undefined
  const started = performance.now()
  let sent = 0
  while (sent < text.lines.length && failed === undefined) {
    const due = Math.min(text.lines.length, Math.ceil(((performance.now() - started + PACE_MS) * o.rate) / 1000))
    for (; sent < due && failed === undefined; sent++) {
      const line = text.lines[sent] as string
      const room = producer.enqueue({ topic, key: firstWord(line), value: line }, { onDelivery })
      if (room !== undefined) await room
    }
    if (sent < text.lines.length) await sleep(PACE_MS)
  }
  await producer.flush()
  if (failed !== undefined) throw failed
}
