import { measure } from '../measured.ts'

// What a program spends on importing the built package, in seconds.
const built = new URL('../../../../packages/protocol/dist/index.js', import.meta.url).href
const { cpuSeconds } = await measure(async () => {
  await import(built)
})
process.stdout.write(`${JSON.stringify(cpuSeconds)}\n`)
