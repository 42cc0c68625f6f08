import type { Tarball } from './tarball.ts'

const nodeTypes = '/// <reference types="node" preserve="true" />'
const required = [
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'dist/index.js',
  'dist/index.cjs',
  'dist/index.d.ts',
  'dist/index.d.cts',
  'src/index.ts',
]
const allowed = /^(?:LICENSE|README\.md|CHANGELOG\.md|package\.json|(?:src|dist)\/.*)$/
const installScripts = ['preinstall', 'install', 'postinstall', 'prepare']

/** What is wrong with what would be published. */
export function checkContents({ paths, manifest, declarations }: Pick<Tarball, 'paths' | 'manifest' | 'declarations'>): string[] {
  return [
    ...required.filter((path) => !paths.includes(path)).map((path) => `${path} is missing in the tarball`),
    ...paths.filter((path) => !allowed.test(path)).map((path) => `${path} does not belong into the tarball`),
    ...installScripts.filter((name) => manifest.scripts?.[name] !== undefined).map((name) => `it has the install script ${name}`),
    ...(/"(?:workspace|catalog):/.test(JSON.stringify(manifest))
      ? ['package.json names a version that only this workspace understands']
      : []),
    ...declarations.filter(({ text }) => !text.startsWith(nodeTypes)).map(({ path }) => `${path} does not begin with ${nodeTypes}`),
  ]
}
