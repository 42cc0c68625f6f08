import { expect, it } from 'vitest'
import { producerOptions } from '../src/producer-properties.ts'

it('takes what properties say in the words of the producer', () => {
  const properties = {
    acks: 'all',
    retries: '3',
    'batch.size': '1000',
    'linger.ms': '5',
    'client.id': 'me',
    'enable.idempotence': 'true',
    'compression.type': 'gzip',
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config': 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p\\"w";',
    'ssl.truststore.certificates': 'PEM',
    'interceptor.classes': 'unknown here',
  }
  expect(producerOptions(new Map(Object.entries(properties)))).toEqual({
    acks: 'all',
    retries: 3,
    batchSize: 1000,
    lingerMs: 5,
    clientId: 'me',
    enableIdempotence: true,
    compression: expect.objectContaining({ name: 'gzip' }),
    tls: { ca: 'PEM' },
    sasl: expect.objectContaining({ name: 'PLAIN' }),
  })
})

it.each([
  ['acks', '2'],
  ['batch.size', 'x'],
  ['compression.type', 'rar'],
  ['security.protocol', 'SASL_PLAINTEXT'],
])('refuses %s=%s', (name, value) => {
  expect(() => producerOptions(new Map([[name, value]]))).toThrow(name === 'security.protocol' ? 'sasl.mechanism' : name)
})
