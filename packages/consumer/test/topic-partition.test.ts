import { describe, expect, it } from 'vitest'
import { TopicPartitionMap, topicPartitionKey } from '../src/index.ts'
import { checkOffsets, checkTopicPartitions } from '../src/topic-partition.ts'

describe('TopicPartitionMap', () => {
  it('compares by topic and number, and keeps the order', () => {
    const map = new TopicPartitionMap<number>([[{ topic: 'b', partition: 1 }, 1]])
    map.set({ topic: '__proto__', partition: 0 }, 2).set({ topic: 'b', partition: 1 }, 3)
    expect(map.get({ topic: 'b', partition: 1 })).toBe(3)
    expect(map.has({ topic: 'b', partition: 2 })).toBe(false)
    expect([...map]).toEqual([
      [{ topic: 'b', partition: 1 }, 3],
      [{ topic: '__proto__', partition: 0 }, 2],
    ])
    expect(map.delete({ topic: 'b', partition: 1 })).toBe(true)
    expect(map.size).toBe(1)
  })

  it('has keys that no two partitions share', () => {
    const keys = [
      { topic: 'a-1', partition: 1 },
      { topic: 'a', partition: 11 },
      { topic: 'a-1-1', partition: 0 },
    ].map(topicPartitionKey)
    expect(new Set(keys).size).toBe(3)
  })
})

describe('partitions and offsets that users hand in', () => {
  it('are taken once each, the last offset of a partition winning', () => {
    const tp = { topic: 'a', partition: 0 }
    expect(checkTopicPartitions([tp, { topic: 'a', partition: 1 }, { ...tp }])).toEqual([tp, { topic: 'a', partition: 1 }])
    expect(
      checkOffsets([
        { ...tp, offset: 1 },
        { ...tp, offset: 2 },
      ]),
    ).toEqual([{ ...tp, offset: 2 }])
  })

  it.each([
    [undefined],
    ['orders'],
    [[null]],
    [[{ topic: 'a', partition: '0' }]],
    [[{ topic: 'a', partition: 0, offset: 1, metadata: 5 }]],
    [[{ topic: 'a', partition: 0, offset: 1, leaderEpoch: -1 }]],
  ])('are refused where they are none: %j', (wrong) => {
    expect(() => checkOffsets(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
