import { inspect } from 'node:util'

/** Facts that go with a line of log. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where a client writes what nobody awaits. What it throws is ignored. */
export interface Logger {
  /** What only somebody who looks for a fault wants to know. */
  debug(message: string, fields?: LogFields): void
  /** What goes as it should. */
  info(message: string, fields?: LogFields): void
  /** What heals by itself, or what somebody should look at. */
  warn(message: string, fields?: LogFields): void
  /** What failed, and nobody awaited. */
  error(message: string, fields?: LogFields): void
}

function nothing(): void {}

/** Writes nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** Warnings and errors as lines on standard error; nothing else. The default. */
export const standardErrorLogger: Logger = {
  ...silentLogger,
  warn: (message, fields) => write('warning', message, fields),
  error: (message, fields) => write('error', message, fields),
}

function write(level: string, message: string, fields: LogFields = {}): void {
  const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${show(value)}`)
  process.stderr.write(`kafka ${level}: ${printable(message)}${facts.join('')}\n`)
}

function show(value: unknown): string {
  const shown = value instanceof Error ? value.message : value
  return printable(typeof shown === 'string' ? JSON.stringify(shown) : inspect(shown, { breakLength: Number.POSITIVE_INFINITY }))
}

/** Names from a broker may hold line breaks and escape sequences, which must not reach a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, encodeURIComponent)
}

/** The same logger, whose own failures nobody notices. */
export function guardedLogger(logger: Logger): Logger {
  const guard = (level: keyof Logger) => async (message: string, fields?: LogFields) => {
    try {
      await logger[level](message, fields)
    } catch {
      // A broken logger must not break a client.
    }
  }
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') }
}
