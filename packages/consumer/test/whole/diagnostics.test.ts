import { describe, expect, it, onTestFinished } from 'vitest'
import { diagnostics } from '../../src/index.ts'
import { follow, Log, numbered, Rig, take } from '../support/rig.ts'

/** What is published on all channels of the package, as it comes. */
function heard(): { name: string; message: object }[] {
  const messages: { name: string; message: object }[] = []
  for (const channel of Object.values(diagnostics)) {
    const end = channel.subscribe((message: object) => messages.push({ name: channel.name, message }))
    onTestFinished(end)
  }
  return messages
}

describe('diagnostics', () => {
  it('tell what comes, what is committed, and what goes', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.writeMany('orders', 0, 3)
    const messages = heard()
    const consumer = rig.consumer({ clientId: 'told' })
    await take(consumer, 3)
    await consumer.commit()
    await consumer.close()
    const facts = { clientId: 'told', groupId: 'g' }
    const partitions = [{ topic: 'orders', partition: 0 }]
    expect(messages.filter(({ message }) => (message as { clientId: string }).clientId === 'told')).toEqual([
      { name: '@k/consumer:partitions:assigned', message: { ...facts, partitions } },
      {
        name: '@k/consumer:offsets:committed',
        message: { ...facts, offsets: [expect.objectContaining({ offset: 3 })], elapsedMs: expect.any(Number), error: undefined },
      },
      { name: '@k/consumer:partitions:revoked', message: { ...facts, partitions } },
    ])
  })

  it('tell of lost partitions, of positions that are reset, and of an end', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.writeMany('orders', 0, 3)
    const messages = heard()
    const consumer = rig.consumer({ clientId: 'unlucky' })
    const reading = follow(consumer)
    await rig.kafka.until(() => reading.values.length === 3)
    consumer.seek({ topic: 'orders', partition: 0 }, 77)
    await rig.kafka.until(() => reading.values.length === 6)
    expect(reading.values).toEqual([...numbered(3), ...numbered(3)])
    await rig.expel('g', consumer.groupMetadata().memberId)
    const { JoinGroup } = await import('@k/protocol')
    rig.kafka.on(JoinGroup).fail('GROUP_AUTHORIZATION_FAILED')
    await reading.done
    const mine = messages.filter(({ message }) => (message as { clientId: string }).clientId === 'unlucky')
    expect(mine).toContainEqual({
      name: '@k/consumer:position:reset',
      message: expect.objectContaining({ topic: 'orders', partition: 0, position: 77, why: expect.stringContaining('77') }),
    })
    expect(mine.slice(-2).map(({ name }) => name)).toEqual(['@k/consumer:partitions:lost', '@k/consumer:consumer:failed'])
  })

  it('and warnings name a topic that does not exist, once', async () => {
    const rig = await Rig.start({})
    const log = new Log()
    follow(rig.consumer({ logger: log, topics: ['ordres'] }))
    await rig.kafka.until(() => log.of('warn').length > 0)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
      { level: 'warn', message: 'a subscribed topic does not exist; it is read as soon as it does', fields: { topic: 'ordres' } },
    ])
  })
})
