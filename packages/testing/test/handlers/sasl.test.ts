import { ApiVersions, Metadata, SaslAuthenticate, SaslHandshake } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawClient } from '../support/raw-client.ts'

const plain = (user: string, password: string, authorizationId = '') => Buffer.from(`${authorizationId}\0${user}\0${password}`)

describe('SASL PLAIN', () => {
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false, sasl: { plain: { alice: 'secret', bob: 'pässword' } } })
    client = await RawClient.connect(kafka)
  })
  afterEach(() => kafka.close())

  const shake = (mechanism = 'PLAIN', version = 1) => client.request(SaslHandshake, version, { mechanism })
  const authenticate = async (authBytes: Buffer, version = 2) => {
    const { errorCode, errorMessage } = await client.request(SaslAuthenticate, version, { authBytes })
    return [nameOf(errorCode), errorMessage]
  }

  it.each([0, 1, 2])('lets a user in, by version %i of SaslAuthenticate', async (version) => {
    expect((await client.request(ApiVersions, 0, { clientSoftwareName: '', clientSoftwareVersion: '' })).errorCode).toBe(0)
    expect(await shake()).toMatchObject({ errorCode: 0, mechanisms: ['PLAIN'] })
    expect(await authenticate(plain('alice', 'secret'), version)).toEqual(['NONE', null])
    expect((await client.request(Metadata, 9, { topics: [] })).brokers).toHaveLength(1)
  })

  it('reads passwords as UTF-8, and takes the user as authorization id', async () => {
    await shake()
    expect(await authenticate(plain('bob', 'pässword', 'bob'))).toEqual(['NONE', null])
  })

  it('lets a user in by bare messages after version 0 of SaslHandshake', async () => {
    expect(await shake('PLAIN', 0)).toMatchObject({ errorCode: 0 })
    const answer = client.nextFrame()
    const message = plain('alice', 'secret')
    const size = Buffer.alloc(4)
    size.writeInt32BE(message.length)
    client.write(Buffer.concat([size, message]))
    expect((await answer).length).toBe(0)
    expect((await client.request(Metadata, 9, { topics: [] })).brokers).toHaveLength(1)
  })

  it('ends the connection of a bare message that is wrong', async () => {
    await shake('PLAIN', 0)
    const message = plain('alice', 'wrong')
    const size = Buffer.alloc(4)
    size.writeInt32BE(message.length)
    client.write(Buffer.concat([size, message]))
    await client.closed
    expect(kafka.failures.map(String)).toEqual([expect.stringContaining('Invalid username or password')])
  })

  it.each([
    ['with a wrong password', plain('alice', 'wrong')],
    ['that it does not know', plain('eve', 'secret')],
    ['named like a property of objects', plain('constructor', 'x')],
    ['without a name', plain('', 'secret')],
    ['without a password', plain('alice', '')],
    ['who wants to be another', plain('alice', 'secret', 'bob')],
    ['who says something else', Buffer.from('alice secret')],
  ])('keeps out a user %s', async (_, message) => {
    await shake()
    const [code, text] = await authenticate(message)
    expect(code).toBe('SASL_AUTHENTICATION_FAILED')
    expect(text).not.toContain('secret')
    await client.closed
  })

  it('offers no other mechanism', async () => {
    const { errorCode, mechanisms } = await shake('SCRAM-SHA-256')
    expect([nameOf(errorCode), mechanisms]).toEqual(['UNSUPPORTED_SASL_MECHANISM', ['PLAIN']])
    await client.closed
  })

  it('wants the handshake first', async () => {
    await expect(authenticate(plain('alice', 'secret'))).rejects.toThrow('connection closed')
  })

  it('wants to hear it once', async () => {
    await shake()
    await authenticate(plain('alice', 'secret'))
    expect(nameOf((await shake()).errorCode)).toBe('ILLEGAL_SASL_STATE')
    expect((await authenticate(plain('alice', 'secret')))[0]).toBe('ILLEGAL_SASL_STATE')
  })

  it('ends the connection of who asks for anything else before', async () => {
    await expect(client.request(Metadata, 9, { topics: [] })).rejects.toThrow('connection closed')
    expect(kafka.failures.map(String)).toEqual([expect.stringContaining('before the login')])
  })

  it('is out of place where nobody has to log in', async () => {
    await kafka.close()
    kafka = await FakeCluster.start({ tcp: false })
    client = await RawClient.connect(kafka)
    expect(nameOf((await shake()).errorCode)).toBe('ILLEGAL_SASL_STATE')
    expect((await authenticate(plain('alice', 'secret')))[0]).toBe('ILLEGAL_SASL_STATE')
  })
})
