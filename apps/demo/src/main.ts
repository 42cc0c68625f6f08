import { parseArguments, USAGE } from './arguments.ts'
import { run } from './run.ts'

try {
  const given = parseArguments(process.argv.slice(2))
  if (given === 'help') console.log(USAGE)
  else process.exitCode = (await run(given)) ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
