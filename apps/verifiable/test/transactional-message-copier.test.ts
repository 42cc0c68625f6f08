import { Consumer } from '@k/consumer'
import { Producer } from '@k/producer'
import { TxnOffsetCommit } from '@k/protocol'
import { FakeCluster } from '@k/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningCommand } from './support/run-command.ts'

const COUNT = 250

describe('transactional-message-copier', () => {
  let kafka: FakeCluster
  beforeAll(async () => {
    kafka = await FakeCluster.start({
      brokers: 3,
      topics: { numbers: 1, pairs: 2, copied: 1, some: 1, tried: 1, shared: 2, waited: 1, empty: 1 },
    })
    await using producer = new Producer({ bootstrapServers: kafka.bootstrapServers })
    await producer.send(Array.from({ length: COUNT }, (_, i) => ({ topic: 'numbers', key: `k${i}`, value: `${i}` })))
    await producer.send(Array.from({ length: COUNT }, (_, i) => ({ topic: 'pairs', partition: i % 2, value: `${i}` })))
  })
  afterAll(() => kafka.close())

  const start = (output: string, input: string, ...args: string[]) => {
    const base = ['--broker-list', kafka.bootstrapServers, '--input-topic', input, '--input-partition', '0', '--output-topic', output]
    return new RunningCommand('transactional-message-copier', [
      ...base,
      '--transactional-id',
      `id-${output}`,
      '--consumer-group',
      output,
      ...args,
    ])
  }
  const valuesOf = (topic: string) => kafka.records(topic).map(({ value }) => Number(value?.toString()))

  const committedValues = async (topic: string) => {
    await using consumer = new Consumer({
      bootstrapServers: kafka.bootstrapServers,
      isolationLevel: 'read_committed',
      autoOffsetReset: 'earliest',
    })
    consumer.assign([{ topic, partition: 0 }])
    const values: number[] = []
    for await (const record of consumer) {
      values.push(Number(record.value?.toString()))
      if (values.length === COUNT) break
    }
    return values
  }

  it('copies what is there, with the offsets, and tells how far it is', async () => {
    const command = start('copied', 'numbers', '--transaction-size', '100')
    expect(await command.ended()).toBe(0)
    expect(command.events[0]).toEqual({
      transactionalId: 'id-copied',
      stage: 'ProcessLoop',
      time: expect.stringMatching(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d:\d{3}$/),
      totalProcessed: 0,
      consumed: 0,
      remaining: COUNT,
    })
    expect(command.events.at(-1)).toMatchObject({ stage: 'ShutdownComplete', totalProcessed: COUNT, consumed: COUNT, remaining: 0 })
    expect(valuesOf('copied')).toEqual(Array.from({ length: COUNT }, (_, i) => i))
    expect(kafka.records('copied')[7]?.key?.toString()).toBe('k7')
    expect(kafka.committed('copied')).toMatchObject([{ topic: 'numbers', partition: 0, offset: COUNT }])
  })

  it('copies no more than it is told to, but whole transactions', async () => {
    const command = start('some', 'numbers', '--transaction-size', '20', '--max-messages', '30')
    expect(await command.ended()).toBe(0)
    expect(command.events.at(-1)).toMatchObject({ stage: 'ShutdownComplete', totalProcessed: 40, remaining: -10 })
  })

  it('begins again after transactions that it aborted, and loses nothing', async () => {
    const rule = kafka.on(TxnOffsetCommit).once().fail('ILLEGAL_GENERATION')
    const command = start('tried', 'numbers', '--transaction-size', '50', '--enable-random-aborts', '--use-group-metadata')
    expect(await command.ended()).toBe(0)
    expect(rule.hits).toBe(1)
    expect(command.events.at(-1)).toMatchObject({ totalProcessed: COUNT, remaining: 0 })
    expect(await committedValues('tried')).toEqual(Array.from({ length: COUNT }, (_, i) => i))
  }, 30_000)

  it('shares the partitions with its group, and tells of each rebalance', async () => {
    const command = start('shared', 'pairs', '--group-mode', '--use-group-metadata')
    expect(await command.ended()).toBe(0)
    expect(command.events).toContainEqual(expect.objectContaining({ stage: 'RebalanceComplete', consumed: 0, remaining: COUNT }))
    expect(valuesOf('shared').sort((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, i) => i))
    const partitions = new Set(kafka.records('shared').map(({ partition, value }) => `${partition === Number(value) % 2}`))
    expect([...partitions]).toEqual(['true'])
  })

  it('ends by itself where there is nothing to copy', async () => {
    const command = start('waited', 'empty')
    expect(await command.ended()).toBe(0)
    expect(command.events).toMatchObject([{ stage: 'ShutdownComplete', totalProcessed: 0, remaining: 0 }])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('finishes the transaction in hand at %s, and ends', async (signal) => {
    // Nothing is there yet, and the limit alone keeps it waiting.
    const command = start('waited', 'empty', '--group-mode', '--max-messages', '5')
    await kafka.until(() => command.events.length > 0, { timeoutMs: 20_000 })
    command.kill(signal)
    expect(await command.ended()).toBe(0)
    expect(command.events.at(-1)).toMatchObject({ stage: 'ShutdownComplete', totalProcessed: 0 })
  })

  it('says what is wrong in a sentence, with exit code 1', async () => {
    const command = start('copied', 'numbers', '--transaction-size', 'many')
    expect(await command.ended()).toBe(1)
    expect(command.stdout).toBe('')
    expect(command.stderr).toContain('--transaction-size')
  })
})
