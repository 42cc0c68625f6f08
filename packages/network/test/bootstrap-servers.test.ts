import { ConfigError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { checkBootstrapServers, formatHostPort, parseBootstrapServers } from '../src/bootstrap-servers.ts'

describe('parseBootstrapServers', () => {
  it.each([
    ['localhost', [{ host: 'localhost', port: 9092 }]],
    ['kafka.example.com:19092', [{ host: 'kafka.example.com', port: 19092 }]],
    [
      'a:1, b:2 ,,c',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
        { host: 'c', port: 9092 },
      ],
    ],
    [
      ['a:1', 'b:2,c:3'],
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
        { host: 'c', port: 3 },
      ],
    ],
    ['[::1]:9093', [{ host: '::1', port: 9093 }]],
    ['[2001:db8::1]', [{ host: '2001:db8::1', port: 9092 }]],
    ['::1', [{ host: '::1', port: 9092 }]],
    ['127.0.0.1:65535', [{ host: '127.0.0.1', port: 65535 }]],
    ['my_docker_host:9092', [{ host: 'my_docker_host', port: 9092 }]],
    ['a:1,a:1', [{ host: 'a', port: 1 }]],
  ])('reads %j', (given, expected) => {
    expect(parseBootstrapServers(given)).toEqual(expected)
  })

  it.each([
    'a:b:c',
    'host:',
    'host:0',
    'host:65536',
    'host:-1',
    'host:1e3',
    'host:9092x',
    ':9092',
    '[::1',
    '[host]:1',
    '[zz::1]:1',
    'ho st:1',
    'host/path:1',
    '',
    ' , ',
    [[]],
    [['a', 1]],
    9092,
    null,
    {},
    true,
  ])('refuses %j', (given) => {
    expect(() => parseBootstrapServers(given)).toThrow(ConfigError)
  })

  it('says what to do about a protocol before the host', () => {
    expect(() => parseBootstrapServers('SASL_SSL://broker:9092')).toThrow(/without a protocol/)
  })

  it('does not repeat what stands before an @, which may be a password', () => {
    expect(() => parseBootstrapServers('user:s3cret@broker:9092')).toThrow(/^(?!.*s3cret)/)
  })

  it('reads a hundred thousand servers in no time', () => {
    const servers = Array.from({ length: 100_000 }, (_, i) => `host-${i}:9092`)
    expect(parseBootstrapServers(servers.join(','))).toHaveLength(100_000)
  })
})

describe('checkBootstrapServers', () => {
  it('is localhost:9092 where nothing is given', async () => {
    expect(await checkBootstrapServers('bootstrapServers', undefined)()).toEqual([{ host: 'localhost', port: 9092 }])
  })

  it('asks a function each time', async () => {
    let calls = 0
    const find = checkBootstrapServers('bootstrapServers', async () => [`host-${++calls}:9092`])
    expect(await find()).toEqual([{ host: 'host-1', port: 9092 }])
    expect(await find()).toEqual([{ host: 'host-2', port: 9092 }])
  })

  it('refuses what a function returns wrongly, when it is asked', async () => {
    await expect(checkBootstrapServers('bootstrapServers', () => 'a:b:c')()).rejects.toThrow(ConfigError)
  })
})

describe('formatHostPort', () => {
  it('puts IPv6 addresses in brackets', () => {
    expect(formatHostPort({ host: '::1', port: 1 })).toBe('[::1]:1')
    expect(formatHostPort({ host: 'a', port: 1 })).toBe('a:1')
  })
})
