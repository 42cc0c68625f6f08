// Run after the packages' versions have changed: what names itself to brokers carries its version in the source, as bundles have no package.json.
import { readFileSync, writeFileSync } from 'node:fs'

const network = new URL('../../../packages/network/', import.meta.url)
const { version } = JSON.parse(readFileSync(new URL('package.json', network), 'utf8')) as { version: string }
const file = new URL('src/software.ts', network)
writeFileSync(file, readFileSync(file, 'utf8').replace(/(clientSoftwareVersion: ')[^']*/, `$1${version}`))
