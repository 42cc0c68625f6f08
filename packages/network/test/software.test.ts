import { expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { software } from '../src/software.ts'

it('names itself to brokers by the version that is published', () => {
  expect(software.clientSoftwareVersion).toBe(manifest.version)
})
