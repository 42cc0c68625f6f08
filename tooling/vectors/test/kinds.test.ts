import { describe, expect, it } from 'vitest'
import { checkOf } from '../src/kinds.ts'

const check = async (kind: string, vector: unknown) => checkOf(kind)(vector as never)

const fetch = { message: 'FetchResponse', version: 4, flexible: false }
const heartbeat = {
  message: 'HeartbeatResponse',
  version: 1,
  flexible: false,
  json: { throttleTimeMs: 7, errorCode: 5 },
  hex: '000000070005',
}

// A check that lets everything pass proves nothing: each kind is shown something that is wrong.
describe('a wrong vector', () => {
  it('of a message is seen in either direction', async () => {
    await check('messages-responses', heartbeat)
    await expect(check('messages-responses', { ...heartbeat, hex: '000000080005' })).rejects.toThrow(
      'json.throttleTimeMs: expected 7, got 8',
    )
    await expect(check('messages-responses', { ...heartbeat, json: { throttleTimeMs: 7 } })).rejects.toThrow(
      'json.errorCode: expected 0, got 5',
    )
    await expect(check('messages-responses', { ...heartbeat, json: { ...heartbeat.json, more: 1 } })).rejects.toThrow('json.more')
    await expect(check('messages-responses', { ...heartbeat, flexible: true })).rejects.toThrow('flexible: expected true, got false')
    const truth = { message: 'ApiVersionsResponse', version: 3, flexible: true }
    const lax = { ...truth, json: { errorCode: 0, apiKeys: [], throttleTimeMs: 0, zkMigrationReady: true }, hex: '0000010000000001030102' }
    await expect(check('messages-responses', lax)).rejects.toThrow('hex, byte 10')
  })

  it('of records is seen', async () => {
    const json = (records: string | null) => ({
      throttleTimeMs: 0,
      responses: [
        {
          topic: 't',
          partitions: [{ partitionIndex: 0, errorCode: 0, highWatermark: '1', lastStableOffset: '1', abortedTransactions: null, records }],
        },
      ],
    })
    const hex = `00000000000000010001740000000100000000000000000000000000010000000000000001ffffffff00000001ab`
    await check('messages-responses', { ...fetch, json: json('qw=='), hex })
    await expect(check('messages-responses', { ...fetch, json: json('rA=='), hex })).rejects.toThrow('partitions[0].records')
    await expect(check('messages-responses', { ...fetch, json: json(null), hex })).rejects.toThrow('partitions[0].records')
  })

  it('of a refusal is seen: the wrong field, and no refusal at all', async () => {
    const refusal = { message: 'FetchResponse', version: 4, field: 'sessionId', json: { sessionId: 5, responses: [] }, refused: true }
    await check('messages-refusals', refusal)
    await expect(check('messages-refusals', { ...refusal, field: 'errorCode' })).rejects.toThrow('error.field: expected "errorCode"')
    await expect(check('messages-refusals', { ...refusal, version: 7 })).rejects.toThrow('expected "UnsupportedVersionError"')
    await expect(check('messages-refusals', { ...refusal, refused: false, hex: '' })).rejects.toThrow('has no sessionId')
  })

  it.each([
    ['frames', { api: 'Heartbeat', version: 0, requestHeaderVersion: 2, responseHeaderVersion: 0 }, 'requestHeaderVersion'],
    ['errors', { code: 3, name: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: false, invalidMetadata: true }, 'retriable'],
    ['errors', { code: 3, name: 'NO_SUCH_NAME', retriable: true, invalidMetadata: true }, 'name'],
    ['crc', { hex: '92', crc32: 3422756325, crc32c: 1 }, 'crc32c'],
    ['crc', { payload: { kind: 'mixed', seed: 7, size: 3000 }, crc32: 1, crc32c: 1 }, 'crc32c'],
    ['numbers', { what: 'varint', value: 1, hex: '03', size: 1 }, 'value'],
    ['numbers', { what: 'varint', value: 1, hex: '8200', size: 2 }, 'hex'],
    ['numbers', { what: 'read-varint', hex: '02', error: 'x' }, 'value'],
    ['numbers', { what: 'sequence', sequence: 1, by: 1, incremented: 2, decremented: 1 }, 'decremented'],
    ['api-versions', { apiKey: 12, name: 'Heartbeat', gone: true }, 'API of key 12'],
    [
      'consumer-protocol',
      { what: 'assignment', version: 0, given: { partitions: [] }, partitions: [['t', [1]]], userData: null, hex: '000000000000ffffffff' },
      'partitions',
    ],
    [
      'compression',
      { codec: 'gzip', javaReads: 'all', payload: { kind: 'zeros', seed: 0, size: 1, sha256: 'x' }, base64: '' },
      'the payload made here',
    ],
    ['sasl-plain', { what: 'client', authzid: null, username: 'user', password: 'secret', hex: '00' }, 'hex'],
    ['records', { rebuild: false, batches: [], remaining: 0, base64: 'AAAA' }, 'remaining'],
  ])('of %s is seen: %j', async (kind, vector, where) => {
    await expect(check(kind, vector)).rejects.toThrow(new RegExp(`^${where.replaceAll(/[[\]]/g, '.')}[^:]*: expected`))
  })
})
