import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

/** A text as the lines to send, and the counts that must come out. */
export interface Text {
  readonly name: string
  readonly bytes: number
  readonly lines: readonly string[]
  readonly words: ReadonlyMap<string, number>
}

/** Reads a text and counts its words directly. @throws Error with one sentence where the file cannot be read or has no line */
export function readText(file: string = largestTypeScriptFile()): Text {
  const content = readFile(file)
  const lines = content.split('\n')
  if (lines.at(-1) === '') lines.pop()
  if (lines.length === 0) throw new Error(`${file} is empty: there is nothing to count`)
  const words = new Map<string, number>()
  for (const line of lines) countWords(line, words)
  return { name: basename(file), bytes: Buffer.byteLength(content), lines, words }
}

/** Adds the words of a line to `counts`. */
export function countWords(line: string, counts: Map<string, number>): void {
  for (const word of line.split(/\s+/)) {
    if (word !== '') counts.set(word, (counts.get(word) ?? 0) + 1)
  }
}

/** The first word of a line, which becomes the record's key; null for a blank line. */
export function firstWord(line: string): string | null {
  return /\S+/.exec(line)?.[0] ?? null
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : String(code ?? error)
    throw new Error(`cannot read ${file}: ${reason}`, { cause: error })
  }
}

function largestTypeScriptFile(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('typescript'))
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'))
  const sizes = files.map((name) => ({ path: join(folder, name), size: statSync(join(folder, name)).size }))
  return sizes.reduce((largest, next) => (next.size > largest.size ? next : largest)).path
}
