import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readSpecification } from '../src/specification.ts'
import { specifiedFacts } from '../src/specified.ts'
import { sample } from './sample.ts'

it('reads JSON with comments, and leaves text with slashes alone', () => {
  expect(sample()).toMatchObject({
    name: 'Sample',
    validVersions: '1-4',
    fields: [{ name: 'Url', default: 'http://a' }, {}, {}, {}, {}, {}],
  })
})

it('names the file that is no JSON', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'specification-'))
  try {
    await writeFile(join(folder, 'Broken.json'), '{},')
    await expect(readSpecification('1.2.3', [folder])).rejects.toThrow(/Broken\.json cannot be read: /)
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('cuts the versions of a field by those of its struct and its message', () => {
  const { fields } = specifiedFacts(sample(), [1, 2, 3, 4])
  expect(fields.get('url')?.versions).toEqual([1, 2, 3, 4])
  expect(fields.get('topics[].partition')).toMatchObject({ type: 'int32', versions: [1, 2], default: '2147483647' })
  expect(fields.get('others[].epoch')).toMatchObject({ versions: [4], default: '-1' })
  expect(fields.get('leader')).toMatchObject({ type: 'struct', versions: [3, 4], tagged: [3, 4], tag: 0, default: 'its fields' })
})

it('derives the versions of headers as the Java client does', () => {
  const request = sample({ name: 'ApiVersionsRequest', type: 'request', apiKey: 18 })
  const response = sample({ name: 'ApiVersionsResponse', type: 'response', apiKey: 18 })
  const headersOf = (message: typeof request) => [...specifiedFacts(message, [2, 3]).headers.values()]
  expect(headersOf(request)).toEqual([1, 2])
  expect(headersOf({ ...response, name: 'FetchResponse' })).toEqual([0, 1])
  expect(headersOf(response)).toEqual([0, 0])
})
