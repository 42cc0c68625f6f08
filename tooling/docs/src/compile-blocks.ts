import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runToEnd } from '@tooling/packaging/spawned'
import type { Block } from './blocks.ts'

// Beside node_modules, so that the programs find our packages as they were built.
const folder = fileURLToPath(new URL('../.blocks/', import.meta.url))
const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))

export interface CompiledBlock extends Block {
  file: string
  /** What the compiler says about it. */
  complaints: string[]
}

/** Compiles the programs for Node 20, with the compiler's own defaults, declarations of libraries included in the check. */
export async function compileBlocks(blocks: readonly Block[]): Promise<CompiledBlock[]> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  // Vitest knows its files by their names.
  const sources = blocks.map(({ name, ending, isVitest }) => `${name.replaceAll(/[^\w-]/g, '-')}${isVitest ? '.test' : ''}.${ending}`)
  for (const [index, { code }] of blocks.entries()) writeFileSync(join(folder, sources[index]!), code)
  const compilerOptions = { module: 'nodenext', target: 'es2022', skipLibCheck: false, allowJs: true, outDir: 'out' }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: sources }))
  const { output } = await runToEnd(process.execPath, [tsc, '-p', folder], folder)
  const complaints = output.split('\n').filter((line) => line.includes('error TS'))
  const general = complaints.filter((line) => !sources.some((source) => line.startsWith(source)))
  if (general.length > 0) throw new Error(general.join('\n'))
  return blocks.map((block, index) => ({
    ...block,
    file: join(folder, 'out', sources[index]!.replace(/mts$/, 'mjs')),
    complaints: complaints.filter((line) => line.startsWith(sources[index]!)),
  }))
}
