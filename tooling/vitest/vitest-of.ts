import { defineConfig, type ViteUserConfig } from 'vitest/config'

const conditions = ['@k/source']

/** The test configuration of one package: packages are imported from source, so that no test needs a build. */
export function vitestOf(name: string, test: ViteUserConfig['test'] = {}): ViteUserConfig {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: { name, include: ['test/**/*.test.ts'], passWithNoTests: false, ...test },
  })
}
