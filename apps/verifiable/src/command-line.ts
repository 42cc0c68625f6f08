import { parseArgs } from 'node:util'

/** An argument of a command: what it takes and whether it must be given. */
export interface ArgumentDefinition {
  readonly type: 'text' | 'integer' | 'flag'
  readonly required?: boolean
  /** The only values that are taken. */
  readonly choices?: readonly string[]
  /** What the value stands for in the usage. */
  readonly metavar?: string
  readonly help: string
}

export type Definitions = Readonly<Record<string, ArgumentDefinition>>

/** Values by the argument's name: numbers for integers, true for flags that were given, undefined for what was not. */
export type Values<D extends Definitions> = {
  readonly [N in keyof D]: D[N]['type'] extends 'flag' ? boolean : (D[N]['type'] extends 'integer' ? number : string) | undefined
}

/** A command line that makes no sense; the message says why. */
export class UsageError extends Error {}

/** @throws UsageError */
export function parseCommandLine<D extends Definitions>(definitions: D, argv: readonly string[]): Values<D> {
  const options = Object.fromEntries(
    Object.entries(definitions).map(([name, { type }]) => [name, { type: type === 'flag' ? ('boolean' as const) : ('string' as const) }]),
  )
  const { values, positionals } = parseArgs({ args: joinNegatives(argv), options, strict: false })
  const unknown = [
    ...Object.keys(values)
      .filter((name) => !(name in definitions))
      .map((name) => `--${name}`),
    ...positionals,
  ]
  if (unknown.length > 0) throw new UsageError(`unrecognized arguments: '${unknown.join(' ')}'`)
  const missing = Object.entries(definitions).find(([name, { required }]) => required && values[name] === undefined)
  if (missing !== undefined) throw new UsageError(`argument --${missing[0]} is required`)
  const parsed = Object.entries(definitions).map(([name, definition]) => [name, parsedValue(name, definition, values[name])])
  return Object.fromEntries(parsed) as Values<D>
}

// `--acks -1` is how these commands are called, which node:util takes for an option.
function joinNegatives(argv: readonly string[]): string[] {
  const joined: string[] = []
  for (const word of argv) {
    const before = joined.at(-1)
    if (/^-\d/.test(word) && before?.startsWith('--') && !before.includes('=')) joined[joined.length - 1] = `${before}=${word}`
    else joined.push(word)
  }
  return joined
}

function parsedValue(name: string, { type, choices }: ArgumentDefinition, given: unknown): string | number | boolean | undefined {
  if (type === 'flag') return given === true
  if (given === undefined) return undefined
  if (typeof given !== 'string') throw new UsageError(`argument --${name}: expected one argument`)
  if (choices !== undefined && !choices.includes(given)) {
    throw new UsageError(`argument --${name}: invalid choice: '${given}' (choose from {${choices.join(',')}})`)
  }
  if (type === 'text') return given
  const number = Number(given)
  if (/^-?\d+$/.test(given) && Number.isSafeInteger(number)) return number
  throw new UsageError(`argument --${name}: could not convert '${given}' to an integer`)
}

/** How the command is called, and what its arguments mean. */
export function usageOf(command: string, about: string, definitions: Definitions): string {
  const forms = Object.entries(definitions).map(([name, { type, required, metavar = name.toUpperCase() }]) => {
    const form = type === 'flag' ? `--${name}` : `--${name} ${metavar}`
    return { form, shown: required ? form : `[${form}]`, name }
  })
  const lines = forms.map(({ form, name }) => `  ${form}\n      ${definitions[name]?.help}`)
  return [`usage: ${command} [-h] ${forms.map(({ shown }) => shown).join(' ')}`, '', about, '', ...lines].join('\n')
}

/**
 * What every command of this folder does with its command line: help to standard output; what makes no sense to standard error, with exit
 * code 1, as is what the command then rejects with.
 */
export async function runCommand<D extends Definitions>(
  { command, about, definitions }: { readonly command: string; readonly about: string; readonly definitions: D },
  run: (values: Values<D>) => Promise<void>,
): Promise<void> {
  const argv = process.argv.slice(2)
  const usage = usageOf(command, about, definitions)
  if (argv.length === 0 || argv.includes('-h') || argv.includes('--help')) {
    process.stdout.write(`${usage}\n`)
    return
  }
  try {
    await run(parseCommandLine(definitions, argv))
  } catch (error) {
    const isUsage = error instanceof UsageError
    process.stderr.write(isUsage ? `${usage.split('\n')[0]}\n${command}: error: ${error.message}\n` : `${describe(error)}\n`)
    process.exitCode = 1
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
