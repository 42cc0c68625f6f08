import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { kindNames, kindOf } from '../src/kinds.ts'
import { runFile } from '../src/vector-file.ts'

const data = join(import.meta.dirname, '../data')
const files = readdirSync(data)

// What has no engine here. Everything else in the files must pass.
const notBuilt = [
  /^codec (snappy|lz4) is not built$/,
  /^the (cooperative-sticky|roundrobin|sticky) assignor is not built$/,
  /^SASL (SCRAM|OAUTHBEARER) is not built$/,
  /^the server side of SASL PLAIN is not built$/,
]

const sum = (counts: Iterable<number>) => [...counts].reduce((total, count) => total + count, 0)

describe('the vectors of the Java client', () => {
  it.each(files)('pass: %s', async (file) => {
    const { passed, failed, skipped } = await runFile(join(data, file))
    expect(failed).toEqual([])
    expect([...skipped.keys()].filter((reason) => !notBuilt.some((known) => known.test(reason)))).toEqual([])
    expect(passed + sum(skipped.values())).toBeGreaterThan(0)
  })

  it('are there for every kind', () => {
    expect(new Set(files.map(kindOf))).toEqual(new Set(kindNames))
  })

  // A file that lost lines would pass too.
  it('are all there', async () => {
    let count = 0
    for (const file of files) {
      const { passed, skipped } = await runFile(join(data, file))
      count += passed + sum(skipped.values())
    }
    expect(count).toBe(10_683)
  })
})
