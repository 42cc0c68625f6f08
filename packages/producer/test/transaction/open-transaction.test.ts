import { describe, expect, it, onTestFinished } from 'vitest'
import { rejectionOf } from '../fake-set-up.ts'
import { committedValues, endings, kinds, transactional } from './transaction-set-up.ts'

describe.each(kinds)('an open transaction, with %s', (_, version) => {
  it('that close() aborted is never reported as committed, and is aborted for whoever asks for that', async () => {
    const { kafka, producer } = await transactional(version)
    const tx = await producer.beginTransaction()
    await tx.send({ topic: 'orders', value: 'a' })
    await producer.close()
    expect(await rejectionOf(tx.commit())).toMatchObject({ code: 'TRANSACTION_ABORTED', outcome: 'aborted' })
    await tx.abort()
    const { kafka: other, producer: closed } = await transactional(version)
    const open = await closed.beginTransaction()
    await open.send({ topic: 'orders', value: 'a' })
    await closed.close()
    await open.abort()
    expect([...endings(kafka), ...endings(other)]).toEqual([false, false])
  })

  it('is not disturbed by connect(), neither while it is well nor when something of it has failed', async () => {
    const { kafka, producer } = await transactional(version)
    await producer.transaction(async (tx) => {
      await tx.send({ topic: 'orders', value: 'a' })
      await producer.connect()
    })
    const tx = await producer.beginTransaction()
    await tx.send({ topic: 'orders', value: 'b' })
    await rejectionOf(tx.send({ topic: 'orders', partition: 99, value: 'x' }))
    await producer.connect()
    expect(await rejectionOf(tx.commit())).toMatchObject({ code: 'TRANSACTION_ABORTED', outcome: 'aborted' })
    expect(await committedValues(kafka)).toEqual(['a'])
    expect(endings(kafka)).toEqual([true, false])
  })

  it('takes the sends that nobody awaits for handled, also those that come after something of it has failed', async () => {
    const { producer } = await transactional(version)
    const unhandled: unknown[] = []
    const listen = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', listen)
    onTestFinished(() => void process.off('unhandledRejection', listen))
    const tx = await producer.beginTransaction()
    await rejectionOf(tx.send({ topic: 'orders', partition: 99, value: 'x' }))
    void tx.send({ topic: 'orders', value: 'a' })
    void tx.send([{ topic: 'orders', value: 'b' }])
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
    await tx.abort()
  })
})
