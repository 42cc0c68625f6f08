import { DecodeError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { messages } from '../src/declared.ts'
import { Fuzzer } from '../src/fuzz/fuzzer.ts'
import { mutate } from '../src/fuzz/mutations.ts'
import { SeededRandom } from '../src/fuzz/seeded-random.ts'
import { readSeeds } from '../src/fuzz/seeds.ts'
import { type Target, targetsOf } from '../src/fuzz/targets.ts'

const groups = targetsOf(readSeeds())

describe('hostile bytes', () => {
  it('are decoded or refused with a DecodeError, by every decoder', { timeout: 60_000 }, async () => {
    const fuzzer = new Fuzzer(groups, 1)
    await fuzzer.mutated(200_000)
    expect(fuzzer.report.failures).toEqual([])
    expect(fuzzer.report.inputs).toBe(200_000)
    // Both happen: inputs that are all refused would test little.
    expect(fuzzer.report.decoded).toBeGreaterThan(10_000)
    expect(fuzzer.report.decoded).toBeLessThan(190_000)
  })

  it('are refused where they are cut, at whatever byte', { timeout: 60_000 }, async () => {
    // Batches may end early in a fetch, and later versions of the blobs end with what nobody knows yet.
    const [messages = [], frames = []] = groups
    const fuzzer = new Fuzzer([messages, frames], 1)
    await fuzzer.truncated(60)
    expect(fuzzer.report.failures).toEqual([])
    expect(fuzzer.report.inputs).toBeGreaterThan(10_000)
    expect(fuzzer.report.decoded).toBe(0)
  })
})

describe('the fuzzer', () => {
  it('has every decoder for a target, each with good bytes that it reads', async () => {
    const targets = groups.flat()
    const names = new Set(targets.map(({ name }) => name))
    for (const { name, versions } of messages) {
      for (let version = versions.min; version <= versions.max; version++) expect(names).toContain(`${name} version ${version}`)
    }
    const records = targets.find(({ name }) => name === 'record of __consumer_offsets')!
    const kinds = await Promise.all(records.seeds.map(async (bytes) => (await records.decode(bytes)) as { type: string }))
    expect(new Set(kinds.map(({ type }) => type)).size).toBe(22)
    for (const { name, seeds, decode } of targets) {
      expect(seeds.length, name).toBeGreaterThan(0)
      if (name !== 'record batches' && name !== 'message sets') for (const bytes of seeds) await decode(bytes)
    }
  })

  const seeds = [Buffer.from('0001020304')]
  const failing = async (decode: Target['decode']) => {
    const fuzzer = new Fuzzer([[{ name: 'broken', seeds, decode }]], 1)
    await fuzzer.mutated(100)
    return fuzzer.report.failures
  }

  it('sees errors that are no DecodeError', async () => {
    const failures = await failing(() => {
      throw new RangeError('out of bounds')
    })
    expect(failures[0]).toMatch(/^broken, \d+ bytes [\da-f]*: RangeError: out of bounds/)
  })

  it('sees decoders that believe a count', async () => {
    expect((await failing(() => ({ topics: new Array(1000).fill({ partitions: [] }) })))[0]).toMatch(/: 1000 elements$/)
  })

  it('takes a refusal for what it is', async () => {
    expect(
      await failing(() => {
        throw new DecodeError('no')
      }),
    ).toEqual([])
  })

  it('makes the same inputs of the same seed, and others of another', () => {
    const inputs = (seed: number) => {
      const random = new SeededRandom(seed)
      return Array.from({ length: 50 }, () => mutate(Buffer.from('00010203', 'hex'), random).toString('hex')).join()
    }
    expect(inputs(7)).toBe(inputs(7))
    expect(inputs(7)).not.toBe(inputs(8))
  })

  it('leaves the good bytes as they are', () => {
    const good = Buffer.from('0001020304050607', 'hex')
    const random = new SeededRandom(3)
    for (let i = 0; i < 500; i++) mutate(good, random)
    expect(good.toString('hex')).toBe('0001020304050607')
  })
})
