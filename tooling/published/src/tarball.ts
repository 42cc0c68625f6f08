import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Tarball {
  file: string
  /** Paths inside the package. */
  paths: string[]
  manifest: { scripts?: Record<string, string>; [field: string]: unknown }
  declarations: { path: string; text: string }[]
}

/** Packs a package as it would be published and looks into it. */
export function packPackage(packageFolder: string, destination: string): Tarball {
  execFileSync('pnpm', ['pack', '--pack-destination', destination], {
    cwd: packageFolder,
    shell: process.platform === 'win32',
    stdio: 'pipe',
  })
  const name = readdirSync(destination).find((entry) => entry.endsWith('.tgz'))
  if (name === undefined) throw new Error(`pnpm pack left nothing in ${destination}`)
  execFileSync('tar', ['-xzf', name], { cwd: destination })
  const unpacked = join(destination, 'package')
  const paths = readdirSync(unpacked, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(unpacked.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort()
  const declarations = paths
    .filter((path) => /\.d\.c?ts$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(unpacked, path), 'utf8') }))
  return { file: join(destination, name), paths, manifest: JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')), declarations }
}
