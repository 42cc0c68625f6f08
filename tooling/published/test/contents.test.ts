import { expect, it } from 'vitest'
import { checkContents } from '../src/contents.ts'

const header = '/// <reference types="node" preserve="true" />'
const good = {
  paths: [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist/index.cjs',
    'dist/index.d.cts',
    'dist/index.d.ts',
    'dist/index.js',
    'package.json',
    'src/index.ts',
  ],
  manifest: { dependencies: { '@k/protocol': '^1.0.0' }, scripts: { build: 'tsup' } },
  declarations: [{ path: 'dist/index.d.ts', text: `${header}\nexport {}` }],
}

it('is content with a package as it should be', () => {
  expect(checkContents(good)).toEqual([])
})

it('misses what every package brings', () => {
  expect(checkContents({ ...good, paths: good.paths.filter((path) => path !== 'LICENSE') })).toEqual(['LICENSE is missing in the tarball'])
})

it('refuses what no user needs', () => {
  expect(checkContents({ ...good, paths: [...good.paths, 'test/a.test.ts'] })).toEqual(['test/a.test.ts does not belong into the tarball'])
})

it('refuses install scripts', () => {
  expect(checkContents({ ...good, manifest: { scripts: { postinstall: 'x' } } })).toEqual(['it has the install script postinstall'])
})

it('refuses versions of the workspace', () => {
  expect(checkContents({ ...good, manifest: { dependencies: { '@k/protocol': 'workspace:^' } } })).toHaveLength(1)
})

it('wants the types of Node named in every declaration', () => {
  expect(checkContents({ ...good, declarations: [{ path: 'dist/index.d.cts', text: 'export {}' }] })).toEqual([
    `dist/index.d.cts does not begin with ${header}`,
  ])
})
