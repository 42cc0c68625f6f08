import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const declaration = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport const \w+ = (?:api|message)\(\s*'(\w+)'/g

/** The first sentence of a TSDoc comment, as Markdown. */
export function firstSentence(comment: string): string {
  const text = comment
    .replaceAll(/^\s*\* ?/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const end = /[.](?=\s+[A-Z@]|$)/.exec(text)
  return (end === null ? text : text.slice(0, end.index + 1)).replaceAll('|', '\\|')
}

/** What the comments above the declarations of a file say, by the names of APIs and messages. */
export function summariesIn(source: string): ReadonlyMap<string, string> {
  return new Map([...source.matchAll(declaration)].map(([, comment, name]) => [name!, firstSentence(comment!)]))
}

/** What the comments of all declarations of a folder say. */
export function readSummaries(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  return new Map(files.flatMap((name) => [...summariesIn(readFileSync(join(folder, name), 'utf8'))]))
}
