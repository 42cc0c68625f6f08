import { BrokerError, brokerErrorCodes, brokerErrorName, brokerErrorRow, clientErrorCodes } from '@k/protocol'
import { describe, expect, it } from 'vitest'

describe('BrokerError', () => {
  it('says what was asked, and the constant', () => {
    const error = new BrokerError(6, 'produce to orders-3 on broker 2')
    expect(error.message).toBe('produce to orders-3 on broker 2: NOT_LEADER_OR_FOLLOWER')
    expect(error).toMatchObject({
      name: 'BrokerError',
      code: 'NOT_LEADER_OR_FOLLOWER',
      errorCode: 6,
      retriable: true,
      invalidatesMetadata: true,
    })
  })

  it.each([
    [10, 'max.message.bytes'],
    [19, 'min.insync.replicas'],
    [26, 'group.{min,max}.session.timeout.ms'],
    [50, 'transaction.max.timeout.ms'],
    [-1, "the broker's log"],
  ])('adds to constant %i where to look', (errorCode, place) => {
    expect(new BrokerError(errorCode, 'x').message).toMatch(/^x: [A-Z_]+ \(.+\)$/)
    expect(new BrokerError(errorCode, 'x').message).toContain(place)
  })

  it("shows the broker's own words instead, where it sent any", () => {
    const error = new BrokerError(-1, 'create topic orders', { brokerMessage: 'no such rack' })
    expect(error.message).toBe('create topic orders: UNKNOWN_SERVER_ERROR ("no such rack")')
    for (const brokerMessage of [null, '']) expect(new BrokerError(-1, 'x', { brokerMessage }).message).toContain("the broker's log")
  })

  it('survives a number that nobody knows yet', () => {
    const error = new BrokerError(9999, 'x')
    expect(error).toMatchObject({ code: 'UNKNOWN_SERVER_ERROR', errorCode: 9999, retriable: false })
    expect(error.message).toBe("x: unknown error 9999 (the broker's log says more)")
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
    expect([0, 9999, -2, 0.5].map(brokerErrorName)).toEqual([undefined, undefined, undefined, undefined])
  })

  it('has every code that invalidates metadata among the retriable ones', () => {
    const rows = brokerErrorCodes.map(brokerErrorRow)
    expect(rows.filter((row) => row.invalidatesMetadata && !row.retriable)).toEqual([])
    expect(rows.filter((row) => row.invalidatesMetadata)).toHaveLength(13)
  })

  it('says of every code of a client what it means', () => {
    const meanings = Object.values(clientErrorCodes)
    expect(new Set(meanings).size).toBe(meanings.length)
    for (const meaning of meanings) expect(meaning).toMatch(/^[^A-Z].{10,}[^.]$/s)
  })

  it('shares no code between brokers and clients', () => {
    const ours = new Set(Object.keys(clientErrorCodes))
    expect(brokerErrorCodes.filter((code) => ours.has(code))).toEqual([])
  })
})
