import { BrokerError, brokerErrorCodes, brokerErrorName, brokerErrorRow, clientErrorCodes } from '@k/protocol'
import { describe, expect, it } from 'vitest'

describe('BrokerError', () => {
  it('says what was asked, the constant and what it means', () => {
    const error = new BrokerError(6, 'produce to orders-3 on broker 2')
    expect(error.message).toBe('produce to orders-3 on broker 2: NOT_LEADER_OR_FOLLOWER (another broker is to be asked)')
    expect(error).toMatchObject({
      name: 'BrokerError',
      code: 'NOT_LEADER_OR_FOLLOWER',
      errorCode: 6,
      retriable: true,
      invalidatesMetadata: true,
    })
  })

  it('adds nothing to a constant that says it all', () => {
    expect(new BrokerError(36, 'create topic orders').message).toBe('create topic orders: TOPIC_ALREADY_EXISTS')
  })

  it("shows the broker's own words instead, where it sent any", () => {
    const error = new BrokerError(42, 'create topic orders', { brokerMessage: 'no such rack' })
    expect(error.message).toBe('create topic orders: INVALID_REQUEST ("no such rack")')
    expect(new BrokerError(42, 'x', { brokerMessage: null }).message).toContain('contradicts itself')
  })

  it('survives a number that nobody knows yet', () => {
    const error = new BrokerError(9999, 'x')
    expect(error).toMatchObject({ code: 'UNKNOWN_SERVER_ERROR', errorCode: 9999, retriable: false })
    expect(error.message).toBe('x: error code 9999 (unknown to this client)')
  })

  it('keeps its cause', () => {
    const cause = new Error('why')
    expect(new BrokerError(7, 'x', { cause }).cause).toBe(cause)
  })
})

describe('the table of error codes', () => {
  it('leads from number to name and back, in the order of the numbers', () => {
    const numbers = brokerErrorCodes.map((code) => brokerErrorRow(code).errorCode)
    expect(numbers.map(brokerErrorName)).toEqual(brokerErrorCodes)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(numbers).toEqual([-1, ...Array.from({ length: numbers.length - 1 }, (_, i) => i + 1)])
  })

  it('has no name for NONE and for numbers beyond it', () => {
    expect([0, 9999, -2].map(brokerErrorName)).toEqual([undefined, undefined, undefined])
  })

  it('says of every code what it means, in words where the constant alone does not', () => {
    expect(brokerErrorRow('TOPIC_ALREADY_EXISTS').meaning).toBe('topic already exists')
    expect(brokerErrorRow('KAFKA_STORAGE_ERROR').meaning).toBe('a disk of the broker failed')
    const meanings = brokerErrorCodes.map((code) => brokerErrorRow(code).meaning)
    expect(new Set(meanings).size).toBe(meanings.length)
    for (const meaning of [...meanings, ...Object.values(clientErrorCodes)]) expect(meaning).toMatch(/^[^A-Z].{10,}[^.]$/s)
  })

  it('has every code that invalidates metadata among the retriable ones', () => {
    const rows = brokerErrorCodes.map(brokerErrorRow)
    expect(rows.filter((row) => row.invalidatesMetadata && !row.retriable)).toEqual([])
    expect(rows.filter((row) => row.invalidatesMetadata)).toHaveLength(13)
  })

  it('shares no code between brokers and clients', () => {
    const ours = new Set(Object.keys(clientErrorCodes))
    expect(brokerErrorCodes.filter((code) => ours.has(code))).toEqual([])
  })
})
