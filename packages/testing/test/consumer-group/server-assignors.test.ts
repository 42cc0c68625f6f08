import { describe, expect, it } from 'vitest'
import { HeldPartitions } from '../../src/consumer-group/held-partitions.ts'
import { type AssignedMember, serverAssignors } from '../../src/consumer-group/server-assignors.ts'

type Owned = Readonly<Record<string, readonly number[]>>

function member(memberId: string, topics: readonly string[], target: Owned = {}, instanceId: string | null = null): AssignedMember {
  const held = Object.entries(target).map(([topicId, partitions]) => ({ topicId, partitions }))
  return { memberId, instanceId, topicIds: new Set(topics), target: HeldPartitions.of(held) }
}

function assign(assignor: string, members: readonly AssignedMember[], topics: Readonly<Record<string, number>>): Record<string, Owned> {
  const sizes = Object.entries(topics).map(([topicId, numPartitions]) => ({ topicId, numPartitions }))
  const assignment = serverAssignors.get(assignor)!(members, sizes)
  const owned = (held: HeldPartitions) => Object.fromEntries(held.list().map(({ topicId, partitions }) => [topicId, partitions]))
  return Object.fromEntries([...assignment].map(([memberId, held]) => [memberId, owned(held)]))
}

describe('the uniform assignor', () => {
  it('gives everybody as many', () => {
    const members = ['a', 'b', 'c'].map((id) => member(id, ['t', 'u']))
    const counts = Object.values(assign('uniform', members, { t: 4, u: 3 })).map((owned) => Object.values(owned).flat().length)
    expect(counts.sort()).toEqual([2, 2, 3])
  })

  it('leaves where it is what it need not move', () => {
    const members = [member('a', ['t'], { t: [0, 1, 2, 3] }), member('b', ['t'])]
    expect(assign('uniform', members, { t: 4 })).toEqual({ a: { t: [0, 1] }, b: { t: [2, 3] } })
    const three = [member('a', ['t'], { t: [0, 1] }), member('b', ['t'], { t: [2, 3] }), member('c', ['t'])]
    expect(assign('uniform', three, { t: 5 })).toEqual({ a: { t: [0, 1] }, b: { t: [2, 3] }, c: { t: [4] } })
  })

  it('is fair to a thousand who come one after the other', () => {
    let members = Array.from({ length: 1000 }, (_, i) => member(`m${i}`, ['t']))
    const owned = assign('uniform', members, { t: 2500 })
    const count = ({ t = [] }: Owned) => t.length
    expect(new Set(Object.values(owned).map(count))).toEqual(new Set([2, 3]))
    expect(new Set(Object.values(owned).flatMap(({ t = [] }) => t)).size).toBe(2500)
    members = members.map(({ memberId }) => member(memberId, ['t'], owned[memberId])).slice(1)
    const after = assign('uniform', members, { t: 2500 })
    const moved = Object.entries(after).filter(([memberId, { t = [] }]) => !(owned[memberId]!.t ?? []).every((each) => t.includes(each)))
    expect(moved).toEqual([])
  })

  it('gives nobody what it does not read, and evens out what it can', () => {
    const members = [member('a', ['t', 'u'], { t: [0, 1], u: [0, 1] }), member('b', ['u'])]
    expect(assign('uniform', members, { t: 2, u: 2 })).toEqual({ a: { t: [0, 1] }, b: { u: [0, 1] } })
  })

  it('believes the first of two that had the same', () => {
    const members = [member('a', ['t'], { t: [0] }), member('b', ['t'], { t: [0] })]
    expect(assign('uniform', members, { t: 2 })).toEqual({ a: { t: [0] }, b: { t: [1] } })
  })

  it('leaves alone what is not there any more, and what nobody reads', () => {
    expect(assign('uniform', [member('a', ['t'], { t: [7], gone: [0] })], { t: 1, u: 1 })).toEqual({ a: { t: [0] } })
    expect(assign('uniform', [], {})).toEqual({})
  })
})

describe('the range assignor', () => {
  it('cuts each topic into ranges, the first ones longer', () => {
    const members = [member('b', ['t', 'u']), member('a', ['t', 'u'])]
    expect(assign('range', members, { t: 3, u: 4 })).toEqual({ a: { t: [0, 1], u: [0, 1] }, b: { t: [2], u: [2, 3] } })
  })

  it('goes by the names of static members', () => {
    const members = [member('a', ['t'], {}, 'z'), member('b', ['t'], {}, 'y')]
    expect(assign('range', members, { t: 2 })).toEqual({ a: { t: [1] }, b: { t: [0] } })
  })

  it('gives nothing to whom nothing is left, or who does not read the topic', () => {
    const members = [member('a', ['t']), member('b', ['t']), member('c', ['u'])]
    expect(assign('range', members, { t: 1, u: 1 })).toEqual({ a: { t: [0] }, b: {}, c: { u: [0] } })
  })
})
