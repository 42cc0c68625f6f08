import { api, commonVersion, Heartbeat, InitProducerId, negotiateVersion, UnsupportedVersionError } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** An API of ours with versions 2 to 7, of which 7 is still being designed. */
const beat = api('Beat', 900, { versions: [2, 7], latestStable: 6 }, () => ({ request: {}, response: {} }))

describe('the common version of two ranges', () => {
  it.each([
    ['the same range', { min: 2, max: 6 }, {}, 6],
    ['a newer broker', { min: 4, max: 9 }, {}, 6],
    ['an older broker', { min: 0, max: 3 }, {}, 3],
    ['a broker that shares one version, the first', { min: 0, max: 2 }, {}, 2],
    ['a broker that shares one version, the last', { min: 6, max: 9 }, {}, 6],
    ['a broker that has the unstable version too', { min: 7, max: 7 }, {}, undefined],
    ['a broker that is too old', { min: 0, max: 1 }, {}, undefined],
    ['a broker that is too new', { min: 8, max: 9 }, {}, undefined],
    ['a broker without the API', undefined, {}, undefined],
    ['a range that ends before it begins', { min: 5, max: 3 }, {}, undefined],
    ['an upper bound', { min: 0, max: 9 }, { maxVersion: 4 }, 4],
    ['an upper bound beyond what is stable', { min: 0, max: 9 }, { maxVersion: 7 }, 6],
    ['an upper bound below all', { min: 0, max: 9 }, { maxVersion: 1 }, undefined],
    ['a lower bound that is kept', { min: 0, max: 5 }, { minVersion: 5 }, 5],
    ['a lower bound that is not', { min: 0, max: 4 }, { minVersion: 5 }, undefined],
    ['bounds that are not there', { min: 0, max: 4 }, { minVersion: undefined, maxVersion: undefined }, 4],
  ])('with %s', (_, theirs, bounds, version) => {
    expect(commonVersion(beat, theirs, bounds)).toBe(version)
  })

  it('is the highest that is in both, whatever they are', () => {
    const number = fc.integer({ min: -2, max: 12 })
    fc.assert(
      fc.property(number, number, (min, max) => {
        const shared = [2, 3, 4, 5, 6].filter((version) => version >= min && version <= max)
        expect(commonVersion(beat, { min, max })).toBe(shared.at(-1))
      }),
    )
  })

  it('is never one that is still being designed', () => {
    expect(commonVersion(InitProducerId, { min: 0, max: 6 })).toBe(5)
  })
})

describe('negotiating a version', () => {
  it('gives the common one', () => {
    expect(negotiateVersion(Heartbeat, { min: 0, max: 3 })).toBe(3)
  })

  it.each([
    ['other versions', { min: 8, max: 9 }, {}, 'the broker speaks Beat 8 to 9; this client needs a version from 2 to 6'],
    ['no such API', undefined, {}, 'the broker does not have Beat; this client needs a version from 2 to 6'],
    [
      'bounds that exclude each other',
      { min: 0, max: 4 },
      { minVersion: 5, broker: 'broker 3 (b:9092)' },
      'broker 3 (b:9092) speaks Beat 0 to 4; this client needs a version from 5 to 6',
    ],
  ])('refuses with a sentence where there is %s', (_, theirs, options, message) => {
    let thrown: unknown
    try {
      negotiateVersion(beat, theirs, options)
    } catch (error) {
      thrown = error
    }
    expect(UnsupportedVersionError.is(thrown, 'UNSUPPORTED_VERSION')).toBe(true)
    expect(thrown).toMatchObject({ api: 'Beat', message })
  })
})
