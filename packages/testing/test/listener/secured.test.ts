import { connect as connectTls } from 'node:tls'
import { Metadata, SaslAuthenticate, SaslHandshake, type Transport } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { certificate } from '../support/certificate.ts'
import { nameOf } from '../support/codes.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { produce } from '../support/requests.ts'

/** TLS by Node, as a client has it. */
const tlsTransport: Transport = {
  connect({ host, port }, handler) {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ host, port, ca: certificate.cert, servername: 'localhost' })
      socket.once('error', reject)
      socket.once('secureConnect', () => {
        socket.on('data', (bytes) => {
          for (let at = 0; at < bytes.length; ) {
            const buffer = handler.buffer()
            const length = bytes.copy(buffer, 0, at, at + buffer.length)
            handler.received(length)
            at += length
          }
        })
        socket.on('close', () => handler.closed())
        resolve({ write: (chunks) => chunks.map((chunk) => socket.write(chunk)).every(Boolean), destroy: () => socket.destroy() })
      })
    })
  },
}

describe.each(['tcp', 'memory'] as const)('a listener with TLS and logins over %s', (way) => {
  let kafka: FakeCluster
  afterEach(() => kafka.close())
  const start = async () => {
    kafka = await FakeCluster.start({ brokers: 2, tls: { ...certificate }, sasl: { plain: { alice: 'secret' } }, topics: { t: 2 } })
  }
  const connect = (id = 1) => RawClient.connect(kafka, id, way === 'tcp' ? tlsTransport : 'memory')
  const logIn = async (client: RawClient, password: string) => {
    await client.request(SaslHandshake, 1, { mechanism: 'PLAIN' })
    const answer = await client.request(SaslAuthenticate, 2, { authBytes: Buffer.from(`\0alice\0${password}`) })
    return nameOf(answer.errorCode)
  }

  it('lets in who has the password, at each broker', async () => {
    await start()
    for (const id of [1, 2]) {
      const client = await connect(id)
      expect(await logIn(client, 'secret')).toBe('NONE')
      expect((await produce(client, 't', id - 1, batchOf(['a']))).errorCode).toBe(0)
    }
    expect(kafka.records('t')).toHaveLength(2)
  })

  it('ends the connection of who has not, or does not even try', async () => {
    await start()
    const wrong = await connect()
    expect(await logIn(wrong, 'guess')).toBe('SASL_AUTHENTICATION_FAILED')
    await wrong.closed
    const hasty = await connect()
    hasty.send(Metadata, 9, { topics: [] })
    await hasty.closed
  })

  it('takes a broker away and brings it back with both', async () => {
    await start()
    await kafka.broker(2).kill()
    await kafka.broker(2).revive()
    await kafka.broker(1).moveTo()
    for (const id of [1, 2]) expect(await logIn(await connect(id), 'secret')).toBe('NONE')
  })
})

it('a plain client gets nowhere at a TLS listener, and harms nobody', async () => {
  const kafka = await FakeCluster.start({ tls: { ...certificate } })
  const plain = await RawClient.connect(kafka, 1, 'tcp')
  plain.send(Metadata, 9, { topics: [] })
  await plain.closed
  const proper = await RawClient.connect(kafka, 1, tlsTransport)
  expect((await proper.request(Metadata, 9, { topics: [] })).brokers).toHaveLength(1)
  await kafka.close()
})
