import { parseArgs } from 'node:util'
import { CURRENT, fetchSpecification, LAST_WITH_OLD_VERSIONS, whyUnavailable } from './artifacts.ts'
import { changesIn } from './changes.ts'
import { apis, declarations, standalone } from './declared.ts'
import { driftOf } from './drift.ts'
import { leftOut } from './left-out.ts'

// pnpm spec: compares our declarations with Kafka's specification, and ends with 1 where they differ.
// pnpm spec --version 4.5.0: what another version of Kafka adds or changes, as a list to work through.

async function check(): Promise<number> {
  const specifications = [await fetchSpecification(CURRENT), await fetchSpecification(LAST_WITH_OLD_VERSIONS)]
  const drift = driftOf(declarations, specifications, leftOut)
  for (const { message, text } of drift) console.log(`${message}: ${text}`)
  const what = `${apis.length} APIs and ${standalone.length} other messages`
  const source = `Kafka ${CURRENT} (versions that it has no more: ${LAST_WITH_OLD_VERSIONS})`
  console.log(drift.length === 0 ? `${what} are as ${source} says` : `${drift.length} differences between ${what} and ${source}`)
  return drift.length === 0 ? 0 : 1
}

async function report(version: string): Promise<number> {
  const [other, current] = [await fetchSpecification(version), await fetchSpecification(CURRENT)]
  const changes = changesIn(other, current, declarations, leftOut)
  for (const { message, items } of changes) {
    console.log(message)
    for (const { text, details } of items) {
      console.log(`  [ ] ${text}`)
      for (const detail of details) console.log(`        ${detail}`)
    }
  }
  const count = changes.reduce((sum, { items }) => sum + items.length, 0)
  console.log(`Kafka ${version} adds or changes ${count === 1 ? '1 thing' : `${count} things`} in ${changes.length} messages`)
  return 0
}

async function main(): Promise<number> {
  // Some package managers hand on the -- that ends their own options.
  const args = process.argv.slice(2).filter((argument) => argument !== '--')
  const { version } = parseArgs({ args, options: { version: { type: 'string' } } }).values
  const missing = await whyUnavailable(version === undefined ? [CURRENT, LAST_WITH_OLD_VERSIONS] : [CURRENT, version])
  if (missing !== undefined) throw new Error(missing)
  return version === undefined ? check() : report(version)
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
