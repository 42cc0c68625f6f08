import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packPackage } from '@tooling/published'

const packages = fileURLToPath(new URL('../../../packages/', import.meta.url))

/** The tarball of each published package, by its name. */
export type PackedPackages = ReadonlyMap<string, string>

export function packAll(destination: string): PackedPackages {
  return new Map(
    readdirSync(packages).map((folder) => {
      const own = join(destination, folder)
      mkdirSync(own, { recursive: true })
      return [`@k/${folder}`, packPackage(join(packages, folder), own).file]
    }),
  )
}
