import { describe, expect, it } from 'vitest'
import { kafkaUnavailable, skipKafka } from '../src/availability.ts'
import type { Machine } from '../src/way.ts'

const machine = (able: boolean): Machine => ({
  platform: 'linux',
  dockerAnswers: async () => false,
  javaMajorVersion: async () => (able ? 17 : undefined),
  hasMaven: async () => able,
  jarsCached: () => false,
})
const given = { KAFKA_BOOTSTRAP_SERVERS: 'broker:9092' }

describe('kafkaUnavailable', () => {
  it('says nothing on a machine that can start what is needed', async () => {
    expect(await kafkaUnavailable({ version: '2.8.2', stopBrokers: true, tools: true }, {}, machine(true))).toBeUndefined()
  })

  it('says what to install on a machine that cannot', async () => {
    expect(await kafkaUnavailable({}, {}, machine(false))).toContain('install Java 17 or newer and Maven')
  })

  it('takes a given address for tests that only talk to brokers', async () => {
    expect(await kafkaUnavailable({}, given, machine(false))).toBeUndefined()
  })

  it('knows what cannot be done with a given address', async () => {
    expect(await kafkaUnavailable({ stopBrokers: true }, given, machine(true))).toContain('cannot be stopped from here')
    expect(await kafkaUnavailable({ version: '3.9.2' }, given, machine(true))).toContain('(3.9.2)')
    expect(await kafkaUnavailable({ tools: true }, given, machine(true))).toBeUndefined()
    expect(await kafkaUnavailable({ tools: true }, given, machine(false))).toContain('console tools cannot be run: Java was not found')
  })
})

describe('skipKafka', () => {
  const ask = async (env: Record<string, string>, able: boolean, needs = {}): Promise<{ skip: boolean; said: string }> => {
    let said = ''
    const skip = await skipKafka(needs, env, machine(able), (line) => {
      said += line
    })
    return { skip, said }
  }

  it('runs tests where Kafka can be started, without a word', async () => {
    expect(await ask({ CI: 'true' }, true)).toEqual({ skip: false, said: '' })
  })

  it('skips with one loud line where it cannot', async () => {
    const { skip, said } = await ask({}, false)
    expect(skip).toBe(true)
    expect(said.trim().split('\n')).toHaveLength(1)
    expect(said).toMatch(/\*\*\* SKIPPED: tests on real Kafka\. .*install Java 17 or newer and Maven/)
  })

  it('fails in CI where it cannot, unless the tests are switched off', async () => {
    await expect(ask({ CI: 'true' }, false)).rejects.toThrow('(KAFKA_E2E=off goes without.)')
    for (const KAFKA_E2E of ['off', 'no-java, off']) expect(await ask({ CI: 'true', KAFKA_E2E }, false)).toEqual({ skip: true, said: '' })
  })

  it('skips in CI what a given address cannot do', async () => {
    expect(await ask({ ...given, CI: 'true' }, true, { stopBrokers: true })).toMatchObject({ skip: true })
  })
})
