import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { kindOf } from '../src/kinds.ts'

const folder = mkdtempSync(join(tmpdir(), 'vectors-'))
const cli = join(import.meta.dirname, '../src/cli.ts')

afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, vectors: readonly unknown[]): string {
  const path = join(folder, name)
  const text = vectors.map((vector) => `${JSON.stringify(vector)}\n`).join('')
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return path
}

function vectors(...paths: string[]): { status: number | null; lines: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@k/source', cli, ...paths], { encoding: 'utf8' })
  expect(stderr.replaceAll(/^.*warning.*$/gim, '').trim()).toBe('')
  return { status, lines: stdout.trimEnd().split('\n') }
}

const heartbeat = {
  id: 'HeartbeatResponse/v0/x',
  message: 'HeartbeatResponse',
  version: 0,
  flexible: false,
  json: { errorCode: 5 },
  hex: '0005',
}
const unknown = { ...heartbeat, id: 'unknown', message: 'TeleportResponse' }
const wrong = { ...heartbeat, id: 'wrong', hex: '0006' }

describe('pnpm vectors', () => {
  it('takes files that it has never seen, plain or compressed, and says what passed', () => {
    const paths = [file('messages-responses-seed7.jsonl', [heartbeat, heartbeat]), file('messages-responses-old-x.jsonl.gz', [heartbeat])]
    const { status, lines } = vectors('--', ...paths)
    expect(lines).toEqual([
      'messages-responses-old-x.jsonl.gz: 1 passed, 0 failed',
      'messages-responses-seed7.jsonl: 2 passed, 0 failed',
      '3 passed, 0 failed',
    ])
    expect(status).toBe(0)
  })

  it('counts what is not built as skipped', () => {
    const { status, lines } = vectors(file('messages-responses.skip.jsonl', [heartbeat, unknown]))
    expect(lines).toEqual([
      'messages-responses.skip.jsonl: 1 passed, 0 failed, 1 skipped (message TeleportResponse is not built)',
      '1 passed, 0 failed, 1 skipped',
    ])
    expect(status).toBe(0)
  })

  it('explains what failed, and ends with 1', () => {
    const { status, lines } = vectors(file('messages-responses-bad.jsonl', [heartbeat, wrong]))
    expect(lines).toEqual([
      'messages-responses-bad.jsonl: 1 passed, 1 failed',
      '  line 2 wrong: json.errorCode: expected 5, got 6',
      '1 passed, 1 failed',
    ])
    expect(status).toBe(1)
  })

  it('fails on a file of no known kind, a file that is not there, and lines that are no vectors', () => {
    const broken = file('errors-broken.jsonl', [])
    writeFileSync(broken, '{"code":\n')
    const { status, lines } = vectors(file('nothing.jsonl', [heartbeat]), join(folder, 'crc-missing.jsonl'), broken)
    expect(lines.at(-1)).toBe('0 passed, 3 failed')
    expect(lines.join('\n')).toMatch(/crc-missing.*\n.*cannot be read/)
    expect(lines.join('\n')).toMatch(/nothing\.jsonl: 0 passed, 1 failed\n.*none of the known kinds/)
    expect(status).toBe(1)
  })
})

describe('the kind of a file', () => {
  it.each([
    ['messages-requests.jsonl.gz', 'messages-requests'],
    ['messages-requests-old-seed7.jsonl.gz', 'messages-requests-old'],
    ['messages-refusals-older.jsonl', 'messages-refusals-old'],
    ['records.jsonl', 'records'],
    ['records-legacy2.jsonl', 'records-legacy'],
    ['assignor-sticky-9.jsonl', 'assignor-sticky'],
    ['api-versions-4.5.jsonl', 'api-versions'],
    ['other.jsonl', undefined],
  ])('%s is the longest that its name begins with', (name, kind) => {
    expect(kindOf(name)).toBe(kind)
  })
})
