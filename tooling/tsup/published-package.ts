import { defineConfig, type Options } from 'tsup'

const options: Options = {
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'node20.19',
  platform: 'node',
  splitting: false,
  clean: true,
  sourcemap: true,
  esbuildOptions(options) {
    // The sources themselves are shipped.
    options.sourcesContent = false
  },
  dts: {
    // TypeScript 6 loads no types by itself: without the reference a user's Buffer would silently become any.
    banner: '/// <reference types="node" preserve="true" />',
    // Dependencies are seen as their users see them: through the built declarations.
    compilerOptions: { customConditions: [] },
  },
  plugins: [{ name: 'class-names', renderChunk: (code) => ({ code: keepClassNames(code) }) }],
}

/** How every published package is built: one source, two module systems, types for both. */
export const publishedPackage = defineConfig(options)

/** A package that has a command too, `src/cli.ts`, which imports the package by its name. */
export const publishedPackageWithCommand = (name: string) =>
  defineConfig([
    // Both are built at the same time: neither takes away what the other writes.
    { ...options, clean: ['!cli.*'] },
    {
      entry: ['src/cli.ts'],
      format: ['esm'],
      target: 'node20.19',
      platform: 'node',
      splitting: false,
      clean: false,
      external: [name],
    },
  ])

// esbuild turns a class that names itself into `var X = class _X`, and people would read _X in their terminals.
function keepClassNames(code: string): string {
  return [...code.matchAll(/^var (\w+) = class _\1\b/gm)].reduce(
    (text, [, name]) => text.replaceAll(new RegExp(`\\b_${name}\\b`, 'g'), `${name}`),
    code,
  )
}
