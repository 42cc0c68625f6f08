import { Fetch, JoinGroup } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { filled, take } from './support/rig.ts'

describe('apiVersion', () => {
  it('is the highest in which a consumer joins and fetches', async () => {
    const rig = await filled(3)
    const consumer = rig.consumer({
      apiVersion: [
        [Fetch, 11],
        [JoinGroup, 5],
      ],
    })
    expect(await take(consumer, 3)).toHaveLength(3)
    for (const [api, highest] of [
      [Fetch, 11],
      [JoinGroup, 5],
    ] as const) {
      expect(new Set(rig.kafka.requests.list(api).map(({ version }) => version))).toEqual(new Set([highest]))
    }
  })
})
