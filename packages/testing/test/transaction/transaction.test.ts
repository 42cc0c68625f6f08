import { describe, expect, it } from 'vitest'
import { Transaction } from '../../src/transaction/transaction.ts'

describe('the epochs of a transactional id', () => {
  function at(producerEpoch: number): Transaction {
    const transaction = new Transaction('tx', 1n, 1000)
    transaction.producerEpoch = producerEpoch
    return transaction
  }
  const next = () => 2n
  const standing = ({ producerId, producerEpoch }: Transaction) => `${producerId} ${producerEpoch}`

  it('end at 32766, after which a producer that begins gets another id', () => {
    const transaction = at(32765)
    transaction.begin({ producerId: 1n, producerEpoch: 32765 }, 1000, next)
    expect(standing(transaction)).toBe('1 32766')
    transaction.begin({ producerId: 1n, producerEpoch: 32766 }, 1000, next)
    expect(standing(transaction)).toBe('2 0')
    // The request came again.
    expect(transaction.mayGoOn({ producerId: 1n, producerEpoch: 32766 })).toBe(true)
    transaction.begin({ producerId: 1n, producerEpoch: 32766 }, 1000, next)
    expect(standing(transaction)).toBe('2 0')
    expect(() => transaction.begin({ producerId: 1n, producerEpoch: 32765 }, 1000, next)).toThrow(
      expect.objectContaining({ code: 'PRODUCER_FENCED' }),
    )
  })

  it('end with the transaction that gives another id', () => {
    const transaction = at(32766)
    transaction.start(0, true)
    transaction.prepare(true, true, 2n)
    expect([standing(transaction), transaction.state]).toEqual(['1 32767', 'PrepareCommit'])
    transaction.complete()
    expect([standing(transaction), transaction.state]).toEqual(['2 0', 'CompleteCommit'])
  })
})
