import { join } from 'node:path'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const conditions = ['@k/source']
type TestOptions = NonNullable<ViteUserConfig['test']>

// A test that hangs is to fail, a machine with much else to do is not: what must be fast says so itself, by a figure.
const HANGING_MS = 30_000

// `npm test` adds up the reports of all suites. Each is named after its folder.
function reportersOf(name: string): TestOptions['reporters'] {
  const folder = process.env.TEST_REPORTS
  return folder === undefined ? ['default'] : ['default', ['json', { outputFile: join(folder, `${name}.json`) }]]
}

/** For suites that spend most of their time waiting for timers and answers: more files at once than there are cores. */
export const waiting: TestOptions = { maxWorkers: 4 }

/** The test configuration of one package: packages are imported from source, so that no test needs a build. */
export function vitestOf(name: string, test: TestOptions = {}): ViteUserConfig {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: { name, include: ['test/**/*.test.ts'], reporters: reportersOf(name), testTimeout: HANGING_MS, hookTimeout: HANGING_MS, ...test },
  })
}
