import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { judgeOrSkip } from '../../src/judges/skip-judge.ts'

describe('judgeOrSkip', () => {
  let said: string

  beforeEach(() => {
    said = ''
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += text
      return true
    })
  })
  afterEach(() => void vi.restoreAllMocks())

  const ready = async () => 'ready'
  const missing = async () => {
    throw new Error('there is no Java')
  }

  it('brings what is ready, and says nothing', async () => {
    for (const env of [{}, { CI: 'true' }, { KAFKA_E2E: 'no-aiokafka,no-platformatic' }])
      expect(await judgeOrSkip('java', ready, env)).toBe('ready')
    expect(said).toBe('')
  })

  it('leaves out who is named, also under CI, and says so', async () => {
    const env = { CI: 'true', KAFKA_E2E: 'no-aiokafka, no-java' }
    expect(await judgeOrSkip('java', missing, env)).toBeUndefined()
    expect(said).toContain('SKIPPED: the judge java, as KAFKA_E2E=no-aiokafka, no-java says')
  })

  it('leaves out, where real brokers are off, who has to be installed, and not who comes with npm', async () => {
    const env = { KAFKA_E2E: 'off' }
    expect(await Promise.all((['java', 'aiokafka', 'kafka-python'] as const).map((name) => judgeOrSkip(name, ready, env)))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(await judgeOrSkip('kafkajs', ready, env)).toBe('ready')
  })

  it('skips loudly who cannot be had, and fails under CI', async () => {
    expect(await judgeOrSkip('java', missing, {})).toBeUndefined()
    expect(said).toContain('*** SKIPPED: The judge java cannot run: there is no Java ***')
    await expect(judgeOrSkip('java', missing, { CI: 'true' })).rejects.toThrow('there is no Java (KAFKA_E2E=no-java goes without.)')
    await expect(judgeOrSkip('java', missing, { CI: 'true', KAFKA_E2E: 'no-kafkajs' })).rejects.toThrow('there is no Java')
  })
})
