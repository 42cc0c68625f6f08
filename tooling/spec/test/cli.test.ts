import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { artifactsOf } from '../src/artifacts.ts'
import { specifiedText } from './sample.ts'

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
let cache = ''

function spec(...args: string[]) {
  const env = { ...process.env, KAFKA_SPECIFICATION_DIR: cache }
  return spawnSync(process.execPath, ['--conditions=@k/source', cli, ...args], { env, encoding: 'utf8' })
}

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'specification-'))
  for (const version of ['3.9.2', '4.4.0', '4.5.0']) {
    for (const artifact of artifactsOf(version)) {
      const folder = join(cache, version, `${artifact}-${version}-jar`, 'common', 'message')
      await mkdir(folder, { recursive: true })
      const text = version === '4.5.0' ? specifiedText.replace('"Sample"', '"Later"') : specifiedText
      await writeFile(join(folder, 'Message.json'), text)
    }
  }
})
afterAll(() => rm(cache, { recursive: true }))

it('ends with 1 where declarations and specification differ, and says where', () => {
  const { status, stdout } = spec()
  expect(stdout).toContain('Sample: is not declared: versions 1-4\n')
  expect(stdout).toContain('HeartbeatRequest: is declared, and not specified\n')
  expect(stdout).toMatch(/differences between \d+ APIs and \d+ other messages and Kafka 4\.4\.0/)
  expect(status).toBe(1)
})

it('lists what another version brings', () => {
  const { status, stdout } = spec('--', '--version', '4.5.0')
  expect(stdout).toContain(
    'Later\n  [ ] a new message: versions 1-4, flexible in 3-4\n        url: string, versions 1-4, default "http://a"\n',
  )
  expect(stdout).toContain('Sample\n  [ ] is gone\n')
  expect(stdout).toContain('Kafka 4.5.0 adds or changes 2 things in 2 messages\n')
  expect(status).toBe(0)
})

it('ends with 1 and a sentence where it is asked for what there is not', () => {
  expect(spec('--version', '4.x')).toMatchObject({ status: 1, stderr: "'4.x' is no version of Kafka, such as 4.4.0\n" })
  expect(spec('--help-me')).toMatchObject({ status: 1, stdout: '' })
})
