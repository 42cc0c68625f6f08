import { describe, expect, it } from 'vitest'
import { ChunkSource } from '../src/chunk-source.ts'
import type { ConsumerRecord } from '../src/consumer-record.ts'
import { Deserialization } from '../src/deserialization.ts'
import { FetchBuffer } from '../src/fetch-buffer.ts'
import { RecordStream } from '../src/record-stream.ts'
import { batchOf, fetchable, fetched, numbers } from './support/batches.ts'
import { ManualClock, turns } from './support/manual-clock.ts'

function stream(o: { maxRecords?: number; onlyByName?: boolean } = {}) {
  const buffer = new FetchBuffer(1_000_000, () => {})
  const clock = new ManualClock()
  const source = new ChunkSource<Buffer, Buffer>(buffer, new Deserialization(undefined, undefined, 'fail'), o.maxRecords ?? 500)
  return { buffer, clock, stream: new RecordStream<Buffer, Buffer>(source, clock, o.onlyByName ?? false) }
}

describe('RecordStream', () => {
  it('hands out record by record, and moves the position with each', () => {
    const { buffer, stream: records } = stream()
    const state = fetchable()
    buffer.add(fetched(state, batchOf([0, 1, 5])))
    const positions = [0, 1, 2].map(() => [records.takeRecord()?.offset, state.position])
    expect(positions).toEqual([
      [0, 1],
      [1, 2],
      [5, 6],
    ])
    expect(records.takeRecord()).toBeUndefined()
    expect(buffer.bytes).toBe(0)
  })

  it('counts what is in hand as unfinished until the next is asked for', () => {
    const { buffer, stream: records } = stream()
    const state = fetchable()
    buffer.add(fetched(state, batchOf([0, 1])))
    expect(records.processedOffset(state)).toBe(0)
    records.takeRecord()
    expect([records.processedOffset(state), records.handedOutOffset(state), records.isBusyWith([state])]).toEqual([0, 1, true])
    records.takeRecord()
    expect(records.processedOffset(state)).toBe(1)
    records.takeRecord()
    expect([records.processedOffset(state), records.isBusyWith([state])]).toEqual([2, false])
  })

  it('gives back what was in hand when the reader leaves, unless it was named', () => {
    const { buffer, stream: records } = stream()
    const state = fetchable()
    buffer.add(fetched(state, batchOf([0, 1, 2])))
    const first = records.takeRecord()!
    records.leave()
    expect(state.position).toBe(0)
    expect(records.takeRecord()).toBe(first)
    records.processed(first)
    records.leave()
    expect([state.position, records.takeRecord()?.offset]).toEqual([1, 1])
  })

  it('fetches again what was in hand when its data was dropped meanwhile', () => {
    const { buffer, stream: records } = stream()
    const state = fetchable()
    buffer.add(fetched(state, batchOf(numbers(0, 10))))
    records.takeRecord()
    state.refetch()
    expect(state.fetchOffset).toBe(1)
    records.leave()
    expect([state.position, state.fetchOffset]).toEqual([0, 0])
    buffer.add(fetched(state, batchOf(numbers(0, 10))))
    expect(records.takeRecord()?.offset).toBe(0)
  })

  it('takes back the rest of a batch of which some records were named', () => {
    const { buffer, stream: records } = stream()
    const state = fetchable()
    buffer.add(fetched(state, batchOf(numbers(0, 5))))
    const batch = records.takeBatch()!
    for (const index of [0, 1, 3]) records.processed(batch.records[index]!)
    expect(records.processedOffset(state)).toBe(2)
    records.leave()
    expect(state.position).toBe(2)
    expect(records.takeBatch()!.records.map(({ offset }) => offset)).toEqual([2, 3, 4])
  })

  it('hands nothing out of a partition that is paused, revoked or sent elsewhere, whatever was decoded', () => {
    const { buffer, stream: records } = stream()
    const [a, b] = [fetchable('a'), fetchable('b')]
    buffer.add(fetched(a, batchOf([0, 1, 2])))
    buffer.add(fetched(b, batchOf([0, 1, 2])))
    const next = () => {
      const record = records.takeRecord()
      return record && `${record.topic}${record.offset}`
    }
    expect(next()).toBe('a0')
    a.paused = true
    expect(next()).toBe('b0')
    b.seek(9)
    records.drop([b])
    expect(next()).toBeUndefined()
    a.paused = false
    expect(next()).toBe('a1')
    a.revoke()
    records.revoke([a])
    expect(next()).toBeUndefined()
    expect([a.position, b.position]).toEqual([2, 9])
  })

  it('lets partitions take turns', () => {
    const { buffer, stream: records } = stream({ maxRecords: 2 })
    const [a, b] = [fetchable('a'), fetchable('b')]
    buffer.add(fetched(a, batchOf(numbers(0, 5))))
    buffer.add(fetched(b, batchOf(numbers(0, 3))))
    const order = numbers(0, 8).map(() => records.takeRecord()!.topic)
    expect(order.join('')).toBe('aabbaaba')
  })

  it('counts only what is named, where only that counts', () => {
    const { buffer, stream: records } = stream({ onlyByName: true })
    const state = fetchable()
    buffer.add(fetched(state, batchOf(numbers(0, 6))))
    const taken: ConsumerRecord[] = numbers(0, 6).map(() => records.takeRecord()!)
    records.processed(taken[1]!)
    expect(records.processedOffset(state)).toBe(0)
    records.processed(taken[0]!)
    expect(records.processedOffset(state)).toBe(2)
    records.processedBelow(state, 5)
    expect(records.processedOffset(state)).toBe(5)
    expect(records.handedOutOffset(state)).toBe(5)
    state.seek(3)
    records.processed(taken[3]!)
    expect(records.processedOffset(state)).toBe(3)
  })

  it('ignores what is named of a partition that is gone', () => {
    const { buffer, stream: records } = stream()
    const state = fetchable()
    buffer.add(fetched(state, batchOf([0])))
    const record = records.takeRecord()!
    expect(records.owns(record)).toBe(true)
    state.unassign()
    records.processed(record)
    expect([records.owns(record), records.isBusyWith([state])]).toEqual([false, true])
  })

  it('asks for a turn of the event loop after so many records, or so much time', async () => {
    const { buffer, clock, stream: records } = stream()
    const state = fetchable()
    buffer.add(fetched(state, batchOf(numbers(0, 3_000))))
    let taken = 0
    while (records.takeRecord() !== undefined) taken++
    expect(taken).toBeGreaterThan(500)
    expect(taken).toBeLessThan(3_000)
    const more = records.more()
    expect(clock.endTick()).toBe(1)
    await more
    expect(records.takeRecord()?.offset).toBe(taken)
    await clock.advance(50)
    let sinceThen = 0
    while (records.takeRecord() !== undefined) sinceThen++
    expect(sinceThen).toBeLessThan(64)
  })

  it('rejects the next read with what was raised, once, and every read with what it failed with', async () => {
    const { clock, stream: records } = stream()
    records.raise(new Error('once'))
    await expect(records.more()).rejects.toThrow('once')
    const waiting = records.more()
    clock.endTick()
    records.fail(new Error('for good'))
    records.fail(new Error('later'))
    await waiting
    await expect(records.more()).rejects.toThrow('for good')
    await expect(records.more()).rejects.toThrow('for good')
    records.close()
    expect(await records.more()).toBeUndefined()
  })

  it('waits while a batch is being decompressed, and hands it out only if it still belongs to somebody', async () => {
    const { buffer, stream: records } = stream()
    const { Codecs } = await import('@k/protocol')
    const { gzip } = await import('@k/compression-gzip')
    const codec = {
      ...gzip(),
      id: 1,
      name: 'gzip',
      decompress: async (bytes: Uint8Array, max: number) => gzip().decompress(bytes, max),
    } as const
    const codecs = new Codecs([codec])
    const state = fetchable()
    buffer.add(fetched(state, batchOf([0, 1], { codec: gzip() }), { codecs }))
    expect(records.takeRecord()).toBeUndefined()
    await records.more()
    expect(records.takeRecord()?.offset).toBe(0)
    const other = fetchable('other')
    buffer.add(fetched(other, batchOf([0], { codec: gzip() }), { codecs }))
    records.takeRecord()
    expect(records.takeRecord()).toBeUndefined()
    other.seek(7)
    records.drop([other])
    await records.more()
    await turns()
    expect(records.takeRecord()).toBeUndefined()
    expect(other.position).toBe(7)
  })
})
