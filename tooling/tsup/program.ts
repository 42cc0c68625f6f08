import { defineConfig } from 'tsup'

/** How a private program that is run with `node dist/NAME.js` is built. What it depends on is not bundled. */
export const program = (entry: string[]) => {
  return defineConfig({ entry, format: ['esm'], target: 'node20.19', platform: 'node', splitting: false, clean: true })
}
