import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const importFromProtocol = /^import (?!type\b)\{([^}]*)\} from '@k\/protocol'/gm

/** The names that a source file imports from @k/protocol as values. */
export function importsIn(source: string): string[] {
  return [...source.matchAll(importFromProtocol)]
    .flatMap(([, names]) => names!.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.split(' as ')[0]!)
}

/** The packages that import a name from @k/protocol, by that name. */
export function readUsers(packages: string): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>()
  for (const name of readdirSync(packages).sort()) {
    const source = join(packages, name, 'src')
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    const imports = new Set(files.flatMap((file) => importsIn(readFileSync(join(source, file), 'utf8'))))
    for (const imported of imports) users.set(imported, [...(users.get(imported) ?? []), name])
  }
  return users
}
