import { defineConfig } from 'tsup'

// One source, two module systems, types for both. TypeScript 6 loads no types by itself: without the reference a user's Buffer would become any.
export const publishedPackage = defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'node20.19',
  platform: 'node',
  sourcemap: true,
  clean: true,
  splitting: false,
  treeshake: false,
  dts: {
    banner: '/// <reference types="node" preserve="true" />',
    // Dependencies are seen as their users see them: through the built declarations.
    compilerOptions: { customConditions: [] },
  },
})
