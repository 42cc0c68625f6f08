import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Outcome, runToEnd } from './spawned.ts'

/** The floor that the README names, and the newest two. */
export const typescripts = ['5.4', '6.0', '7.0'] as const
export type TypeScript = (typeof typescripts)[number]

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url))

/** Checks both forms of a project's program, declarations of libraries included, and optionally compiles them for Node 20. */
export async function compile(folder: string, version: TypeScript, emit = false): Promise<Outcome> {
  const compilerOptions = {
    module: 'nodenext',
    skipLibCheck: false,
    // TypeScript's own libraries are none of our declarations, and half of the work.
    skipDefaultLibCheck: true,
    // TypeScript 6 is strict by default, and its own default target is newer than Node 20.
    ...(version === '5.4' ? { strict: true, target: 'es2022' } : {}),
    ...(emit ? { target: 'es2022' } : { noEmit: true }),
  }
  const config = join(folder, `tsconfig.${version}.json`)
  await writeFile(config, JSON.stringify({ compilerOptions, files: ['main.mts', 'main.cts'] }))
  return runToEnd(process.execPath, [join(modules, `typescript-${version}`, 'bin/tsc'), '-p', config], folder)
}
