import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeCluster } from '@k/testing'
import { afterAll, expect, it } from 'vitest'
import { localhostCertificate } from '../src/localhost-certificate.ts'
import { runExample } from './support/run-example.ts'

const folder = mkdtempSync(join(tmpdir(), 'example-'))
const authority = join(folder, 'ca.pem')
writeFileSync(authority, localhostCertificate.cert)
afterAll(() => rmSync(folder, { recursive: true }))

it('writes over TLS, and reads at the offset that it was given', async () => {
  await using kafka = await FakeCluster.start({ brokers: 3, tls: localhostCertificate })
  const environment = { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers, KAFKA_CA_FILE: authority }
  expect(await runExample('produce-and-seek-over-tls', environment)).toEqual([
    'written to partition 2 at offset 1',
    'read at offset 1: a secret',
  ])
  const records = kafka.records('example-secrets').map(({ partition, offset, value }) => [partition, offset, String(value)])
  expect(records).toEqual([
    [2, 0, 'not this one'],
    [2, 1, 'a secret'],
    [2, 2, 'nor this'],
  ])
  expect(await runExample('produce-and-seek-over-tls', environment)).toEqual([
    'written to partition 2 at offset 4',
    'read at offset 4: a secret',
  ])
}, 60_000)

it('refuses a broker whose certificate nobody vouches for', async () => {
  await using kafka = await FakeCluster.start({ tls: localhostCertificate })
  const run = runExample('produce-and-seek-over-tls', { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers })
  await expect(run).rejects.toThrow(/certificate/)
  expect(kafka.requests.length).toBe(0)
}, 60_000)

it('runs on a cluster of its own', async () => {
  expect(await runExample('produce-and-seek-over-tls')).toEqual(['written to partition 2 at offset 1', 'read at offset 1: a secret'])
}, 60_000)
