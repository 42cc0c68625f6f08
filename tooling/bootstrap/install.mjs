// Installs the dependencies, but only when something that decides them has changed since the last time.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { nodeVersion, pnpmVersion, root } from './tools.mjs'

const stamp = join(root, 'node_modules', '.cache', 'bootstrap-stamp')

function manifests() {
  const members = ['packages', 'apps', 'tooling'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
  return ['', ...members].map((folder) => join(folder, 'package.json')).filter((file) => existsSync(join(root, file)))
}

function fingerprint() {
  const hash = createHash('sha256').update(`${nodeVersion} ${pnpmVersion} ${process.platform} ${process.arch}`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests().sort()])
    hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

/** @param {NodeJS.ProcessEnv} env */
export function installOnce(env) {
  const wanted = fingerprint()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log('Installing dependencies ...')
  const { status } = spawnSync('pnpm install --frozen-lockfile --reporter=append-only', { cwd: root, env, shell: true, stdio: 'inherit' })
  if (status !== 0) throw new Error(`The installation failed. After an edit of a package.json, run: npx pnpm@${pnpmVersion} install`)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}
