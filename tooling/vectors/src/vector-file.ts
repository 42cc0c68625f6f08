import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { checkOf, kindNames, kindOf } from './kinds.ts'
import { NotBuilt } from './outcome.ts'

/** What became of a file's vectors. */
export interface FileResult {
  readonly file: string
  readonly passed: number
  /** One sentence for each that failed: which, where in it, what was expected, what came. */
  readonly failed: readonly string[]
  /** How many were left out, by what is not built. */
  readonly skipped: ReadonlyMap<string, number>
}

const GZIP = 0x1f

function linesOf(path: string): string[] {
  const bytes = readFileSync(path)
  const text = (bytes[0] === GZIP ? gunzipSync(bytes) : bytes).toString()
  return text.split('\n').filter((line) => line.trim() !== '')
}

/** Every vector of a file, as it is. */
export function vectorsOf(path: string): unknown[] {
  return linesOf(path).map((line) => JSON.parse(line))
}

const nameOf = (vector: unknown, line: number) => `line ${line} ${(vector as { id?: string }).id ?? ''}`.trimEnd()

/** Runs every vector of a file, gzip-compressed or plain. A file of no known kind is one failure. */
export async function runFile(path: string): Promise<FileResult> {
  const file = basename(path)
  const kind = kindOf(file)
  const failed: string[] = []
  const skipped = new Map<string, number>()
  let passed = 0
  if (kind === undefined) {
    failed.push(`its name begins with none of the known kinds: ${kindNames.join(', ')}`)
    return { file, passed, failed, skipped }
  }
  const check = checkOf(kind)
  let line = 0
  for (const text of linesOf(path)) {
    line++
    let vector: unknown
    try {
      vector = JSON.parse(text)
      await check(vector as never)
      passed++
    } catch (error) {
      if (error instanceof NotBuilt) skipped.set(error.message, (skipped.get(error.message) ?? 0) + 1)
      else failed.push(`${nameOf(vector ?? {}, line)}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return { file, passed, failed, skipped }
}
