import { Produce } from '@k/protocol'
import { FakeCluster } from '@k/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningCommand } from './support/run-command.ts'

describe('verifiable-producer', () => {
  let kafka: FakeCluster
  beforeAll(async () => {
    kafka = await FakeCluster.start({ brokers: 3, topics: { numbers: 1, plain: 1, stopped: 1 } })
  })
  afterAll(() => kafka.close())

  const start = (...args: string[]) => new RunningCommand('verifiable-producer', ['--bootstrap-server', kafka.bootstrapServers, ...args])

  it('tells of its start, of each message, of its end and of the whole', async () => {
    const command = start('--topic', 'numbers', '--max-messages', '4', '--value-prefix', '7', '--repeating-keys', '2', '--acks', '1')
    expect(await command.ended()).toBe(0)
    const success = (offset: number) => {
      const key = `${offset % 2}`
      return {
        timestamp: expect.any(Number),
        name: 'producer_send_success',
        key,
        value: `7.${offset}`,
        offset,
        topic: 'numbers',
        partition: 0,
      }
    }
    expect(command.events).toEqual([
      { timestamp: expect.any(Number), name: 'startup_complete' },
      success(0),
      success(1),
      success(2),
      success(3),
      { timestamp: expect.any(Number), name: 'shutdown_complete' },
      { timestamp: expect.any(Number), name: 'tool_data', sent: 4, acked: 4, target_throughput: -1, avg_throughput: expect.any(Number) },
    ])
    expect(kafka.records('numbers').map(({ value }) => value?.toString())).toEqual(['7.0', '7.1', '7.2', '7.3'])
  })

  it('has no keys unless told to, and times that begin where it is told', async () => {
    const command = start('--topic', 'plain', '--max-messages', '1', '--message-create-time', '1000')
    expect(await command.ended()).toBe(0)
    expect(command.events[1]).toMatchObject({ name: 'producer_send_success', key: null, value: '0' })
    expect(kafka.records('plain')).toMatchObject([{ key: null, timestamp: 1000 }])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('delivers what is pending at %s, and ends', async (signal) => {
    const command = start('--topic', 'stopped', '--throughput', '50')
    await kafka.until(() => command.events.length > 5, { timeoutMs: 20_000 })
    command.kill(signal)
    expect(await command.ended()).toBe(0)
    const names = command.events.map(({ name }) => name)
    expect(names.slice(-2)).toEqual(['shutdown_complete', 'tool_data'])
    const acked = names.filter((name) => name === 'producer_send_success').length
    expect(command.events.at(-1)).toMatchObject({ sent: acked, acked, target_throughput: 50 })
  })

  it('tells of messages that could not be sent', async () => {
    const rule = kafka.on(Produce).once().fail('INVALID_RECORD')
    const command = start('--topic', 'numbers', '--max-messages', '1')
    expect(await command.ended()).toBe(0)
    expect(rule.hits).toBe(1)
    expect(command.events[1]).toEqual({
      timestamp: expect.any(Number),
      name: 'producer_send_error',
      topic: 'numbers',
      key: null,
      value: '0',
      exception: 'class ProduceError',
      message: expect.stringContaining('numbers'),
    })
    expect(command.events.at(-1)).toMatchObject({ sent: 1, acked: 0 })
  })

  it.each([
    [['--topic', 't', '--acks', '7'], '--acks'],
    [['--topic', 't', '--command-config', '/there/is/none'], '/there/is/none'],
    [[], '--topic is required'],
  ])('answers %j with a sentence and exit code 1', async (args, sentence) => {
    const command = start(...args)
    expect(await command.ended()).toBe(1)
    expect(command.stdout).toBe('')
    expect(command.stderr).toContain(sentence)
  })
})
