import { Heartbeat } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { InFlight } from '../src/in-flight.ts'
import { PendingRequest } from '../src/pending-request.ts'

const request = (correlationId: number) => {
  const pending = new PendingRequest(Heartbeat, {}, { clientId: 'c', timeoutMs: 1 }, 0)
  pending.correlationId = correlationId
  return pending
}

describe('InFlight', () => {
  it('gives requests in the order they came, through any mixture of coming and going', () => {
    const inFlight = new InFlight()
    let added = 0
    let taken = 0
    for (let round = 0; round < 500; round++) {
      for (let i = 0; i < (round % 7) + 1; i++) inFlight.add(request(added++))
      for (let i = 0; i < (round % 5) + 1 && inFlight.first !== undefined; i++) {
        expect(inFlight.first.correlationId).toBe(taken++)
        inFlight.takeFirst()
      }
      expect(inFlight.count).toBe(added - taken)
    }
    expect([...inFlight].map(({ correlationId }) => correlationId)).toEqual(Array.from({ length: added - taken }, (_, i) => taken + i))
    expect(inFlight.takeAll()).toHaveLength(added - taken)
    expect([inFlight.count, inFlight.first, inFlight.takeAll()]).toEqual([0, undefined, []])
  })
})
