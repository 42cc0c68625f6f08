import { ConfigError, DecodeError, UnsupportedVersionError } from '@k/protocol'
import { describe, expect, it } from 'vitest'

describe('ConfigError', () => {
  it('begins its sentence with the option', () => {
    const error = new ConfigError('lingerMs', 'must be 0 or more, not -1')
    expect(error).toMatchObject({ name: 'ConfigError', code: 'INVALID_OPTION', option: 'lingerMs', retriable: false })
    expect(error.message).toBe('lingerMs must be 0 or more, not -1')
  })
})

describe('DecodeError', () => {
  it('tells message, version and position where they are known', () => {
    const error = new DecodeError('array of 9 in 2 bytes', { api: 'FetchResponse', version: 12, position: 40 })
    expect(error.message).toBe('cannot decode FetchResponse version 12: array of 9 in 2 bytes at byte 40')
    expect(error).toMatchObject({ code: 'MALFORMED_MESSAGE', api: 'FetchResponse', version: 12, position: 40, retriable: false })
    expect(new DecodeError('no batch').message).toBe('no batch')
  })
})

describe('UnsupportedVersionError', () => {
  it('tells API, version and field', () => {
    const error = new UnsupportedVersionError('x', { api: 'Fetch', version: 3, field: 'rackId' })
    expect(error).toMatchObject({ name: 'UnsupportedVersionError', code: 'UNSUPPORTED_VERSION', api: 'Fetch', version: 3, field: 'rackId' })
  })
})
