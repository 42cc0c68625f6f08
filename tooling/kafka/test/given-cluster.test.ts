import { describe, expect, it } from 'vitest'
import { parseBootstrapServers, useGivenAddress } from '../src/given-cluster.ts'

describe('parseBootstrapServers', () => {
  it('reads several addresses, with spaces and IPv6', () => {
    expect(parseBootstrapServers('a:1, b.example:9092,[::1]:65535')).toEqual([
      { host: 'a', port: 1 },
      { host: 'b.example', port: 9092 },
      { host: '::1', port: 65_535 },
    ])
  })

  it.each(['a', 'a:', ':1', 'a:x', 'a:70000', 'a:1,', '::1:9092'])('refuses %j with a sentence that says how to write it', (text) => {
    expect(() => parseBootstrapServers(text)).toThrow('write host:port, several with commas between.')
  })
})

describe('useGivenAddress', () => {
  it('rejects with every reason when nobody answers', async () => {
    await expect(useGivenAddress('127.0.0.1:1,127.0.0.1:2', {})).rejects.toThrow(
      'None of the brokers in KAFKA_BOOTSTRAP_SERVERS answers: 127.0.0.1:1 cannot be reached (ECONNREFUSED); 127.0.0.1:2 cannot be reached (ECONNREFUSED).',
    )
  })
})
