import { describe, expect, it } from 'vitest'
import { type AssignorMember, range, topicPartitionKey } from '../src/index.ts'

const member = (memberId: string, topics: string[], o: Partial<AssignorMember> = {}): AssignorMember => ({
  memberId,
  topics,
  groupInstanceId: undefined,
  rackId: undefined,
  userData: undefined,
  ...o,
})
const topic = (name: string, count: number) => ({ topic: name, partitions: Array.from({ length: count }, () => [] as string[]) })

/** Who gets what, as text. */
function assigned(topics: { topic: string; partitions: string[][] }[], members: AssignorMember[]): Record<string, string> {
  const assignment = range().assign(topics, members)
  return Object.fromEntries(Array.from(assignment, ([id, partitions]) => [id, partitions.map(topicPartitionKey).join(' ')]))
}

describe('range', () => {
  it('gives each member a stretch of each topic, the first ones one more', () => {
    expect(assigned([topic('a', 3), topic('b', 3)], [member('m2', ['a', 'b']), member('m1', ['b', 'a'])])).toEqual({
      m1: 'a-0 a-1 b-0 b-1',
      m2: 'a-2 b-2',
    })
  })

  it('gives members only what they subscribed to, and nothing where there are fewer partitions than members', () => {
    expect(assigned([topic('a', 1), topic('b', 2)], [member('m1', ['a']), member('m2', ['a', 'b']), member('m3', ['b', 'gone'])])).toEqual({
      m1: 'a-0',
      m2: 'b-0',
      m3: 'b-1',
    })
  })

  it('serves static members first, in the order of their instance ids', () => {
    const members = [member('a', ['t']), member('z', ['t'], { groupInstanceId: 'i1' }), member('b', ['t'], { groupInstanceId: 'i2' })]
    expect(assigned([topic('t', 4)], members)).toEqual({ z: 't-0 t-1', b: 't-2', a: 't-3' })
  })

  it('has partitions read within their rack, as far as shares stay equal', () => {
    const members = [member('m1', ['t'], { rackId: 'a' }), member('m2', ['t'], { rackId: 'b' })]
    expect(assigned([{ topic: 't', partitions: [['b'], ['a'], ['b'], ['a'], ['b']] }], members)).toEqual({
      m1: 't-1 t-3',
      m2: 't-0 t-2 t-4',
    })
    expect(assigned([{ topic: 't', partitions: [['b'], ['b'], ['b'], ['a']] }], members)).toEqual({ m1: 't-2 t-3', m2: 't-0 t-1' })
  })

  it('keeps partitions of one number together where topics are alike, racks or not', () => {
    const racks = [['a'], ['b'], ['a'], ['b']]
    const topics = [
      { topic: 't', partitions: racks },
      { topic: 'u', partitions: racks },
    ]
    expect(assigned(topics, [member('m1', ['t', 'u'], { rackId: 'b' }), member('m2', ['t', 'u'], { rackId: 'a' })])).toEqual({
      m1: 't-1 t-3 u-1 u-3',
      m2: 't-0 t-2 u-0 u-2',
    })
  })

  it('does not look at racks where every partition is in all of them', () => {
    const t = {
      topic: 't',
      partitions: [
        ['a', 'b'],
        ['b', 'a'],
      ],
    }
    expect(assigned([t], [member('m1', ['t'], { rackId: 'b' }), member('m2', ['t'], { rackId: 'a' })])).toEqual({ m1: 't-0', m2: 't-1' })
  })

  it('takes names that objects have by birth for names', () => {
    expect(assigned([topic('__proto__', 1)], [member('constructor', ['__proto__'])])).toEqual({ constructor: '__proto__-0' })
  })
})
