import { describe, expect, it } from 'vitest'
import { PartitionState } from '../src/partition-state.ts'
import { SubscriptionState } from '../src/subscription-state.ts'
import { fetchable } from './support/batches.ts'

describe('PartitionState', () => {
  it('is read when its position was found, by the resolver or by seek, whichever was first', () => {
    const state = new PartitionState('orders', 0, 'committed')
    expect([state.phase, state.isReadable, state.position]).toEqual(['resolving', false, -1])
    state.seek(7)
    state.resolve(3)
    expect([state.phase, state.isReadable, state.position, state.fetchOffset]).toEqual(['fetchable', true, 7, 7])
  })

  it('lets what was fetched and handed out count no more after a jump, and only what was fetched after a refetch', () => {
    const state = fetchable()
    const { seeks, fetchEpoch } = state
    state.advanceFetch(10)
    state.advance(4, 0)
    state.refetch()
    expect([state.seeks, state.fetchEpoch, state.fetchOffset]).toEqual([seeks, fetchEpoch + 1, 4])
    state.seek(2)
    expect([state.seeks, state.fetchEpoch, state.fetchOffset]).toEqual([seeks + 1, fetchEpoch + 2, 2])
    state.unresolve('latest')
    expect([state.phase, state.seeks, state.position]).toEqual(['resolving', seeks + 2, -1])
  })

  it('hands nothing out while it is paused, waits for its listener, or is being revoked; and is ours until it is gone', () => {
    const state = fetchable()
    state.paused = true
    expect(state.isReadable).toBe(false)
    state.paused = false
    state.awaitsListener = true
    expect(state.isReadable).toBe(false)
    state.awaitsListener = false
    state.revoke()
    expect([state.isReadable, state.isOwned]).toEqual([false, true])
    state.unresolve('earliest')
    expect(state.phase).toBe('revoking')
    state.unassign()
    state.revoke()
    expect([state.phase, state.isOwned]).toEqual(['unassigned', false])
  })
})

describe('SubscriptionState', () => {
  it('keeps the states of partitions that stay, and gives new ones to those that come again', () => {
    const subscription = new SubscriptionState()
    const [first] = subscription.add([{ topic: 'a', partition: 0 }], 'policy')
    expect(
      subscription.add(
        [
          { topic: 'a', partition: 0 },
          { topic: 'a', partition: 2 ** 31 - 1 },
        ],
        'policy',
      ),
    ).toHaveLength(1)
    subscription.remove([first!])
    expect(first!.phase).toBe('unassigned')
    const [second] = subscription.add([{ topic: 'a', partition: 0 }], 'policy')
    expect(second).not.toBe(first)
    expect(subscription.states).toHaveLength(2)
    subscription.remove([first!])
    expect(subscription.find('a', 0)).toBe(second)
    expect(subscription.find('b', 0)).toBeUndefined()
  })

  it('is either topics or partitions by hand', () => {
    const subscription = new SubscriptionState()
    subscription.subscribe(['b', 'a', 'b'])
    expect([subscription.kind, subscription.topics]).toEqual(['topics', ['a', 'b']])
    expect(() => subscription.chooseByHand()).toThrow(expect.objectContaining({ code: 'SUBSCRIPTION_CONFLICT' }))
    subscription.unsubscribe()
    subscription.chooseByHand()
    expect(() => subscription.subscribe(['a'])).toThrow(expect.objectContaining({ code: 'SUBSCRIPTION_CONFLICT' }))
    expect(() => subscription.require({ topic: 'a', partition: 0 })).toThrow(expect.objectContaining({ code: 'PARTITION_NOT_ASSIGNED' }))
  })
})
