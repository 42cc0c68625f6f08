import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PackedPackages } from './packed-packages.ts'
import { runOrThrow } from './spawned.ts'

export const layouts = ['npm', 'pnpm'] as const
export type Layout = (typeof layouts)[number]

const programs = fileURLToPath(new URL('../programs/', import.meta.url))

export interface ProjectOptions {
  folder: string
  /** The only packages of ours that the project names. */
  dependencies: readonly string[]
  /** The program that is copied in, once as an ES module and once as a CommonJS one. */
  program: string
  layout: Layout
  packed: PackedPackages
}

/** Makes an empty project with a program, as a user would, and installs what it names. */
export async function createProject({ folder, dependencies, program, layout, packed }: ProjectOptions): Promise<void> {
  await mkdir(folder, { recursive: true })
  const ours = Object.fromEntries([...packed].map(([name, file]) => [name, `file:${file}`]))
  const named = Object.fromEntries(dependencies.map((name) => [name, ours[name]!]))
  const others = Object.fromEntries(Object.entries(ours).filter(([name]) => !dependencies.includes(name)))
  const manifest = {
    private: true,
    dependencies: named,
    devDependencies: { '@types/node': '24.19.2' },
    // What is not published yet comes from the tarballs as well.
    ...(layout === 'npm' ? { overrides: others } : {}),
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  for (const ending of ['mts', 'cts']) await cp(join(programs, `${program}.ts`), join(folder, `main.${ending}`))
  if (layout === 'npm')
    return void (await runOrThrow('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'], folder))
  const overrides = Object.entries(ours).map(([name, file]) => `  '${name}': '${file}'\n`)
  await writeFile(join(folder, 'pnpm-workspace.yaml'), `hoist: false\noverrides:\n${overrides.join('')}`)
  await runOrThrow('pnpm', ['install', '--prefer-offline', '--no-frozen-lockfile'], folder)
}
