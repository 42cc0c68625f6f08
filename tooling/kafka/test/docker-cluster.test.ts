import { describe, expect, it } from 'vitest'
import { startScript } from '../src/docker-cluster.ts'
import { dockerProperties } from '../src/docker-properties.ts'
import type { NodeAddress } from '../src/properties.ts'
import { releaseOf } from '../src/release.ts'

const address = (id: number): NodeAddress => ({
  id,
  host: '10.0.0.1',
  ports: { PLAINTEXT: 21_000 + id, TLS: 23_000 + id },
  dataDirectory: '/data',
})

describe('dockerProperties', () => {
  it('advertises published ports to clients and names of containers to brokers', () => {
    expect(dockerProperties(address(2), [address(1), address(2)], { TLS: 'SSL' })).toMatchObject({
      listeners: 'PLAINTEXT://:21002,TLS://:23002,INTERNAL://:19092,CONTROLLER://:19093',
      'advertised.listeners': 'PLAINTEXT://10.0.0.1:21002,TLS://10.0.0.1:23002,INTERNAL://kafka-2:19092',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,TLS:SSL,CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT',
      'inter.broker.listener.name': 'INTERNAL',
      'controller.quorum.voters': '1@kafka-1:19093,2@kafka-2:19093',
    })
  })
})

describe('startScript', () => {
  it('formats the data once and then becomes the broker', () => {
    const [format, serve] = startScript(releaseOf('4.3.1'), 'some-id', {}).split('\n')
    expect(format).toMatch(/^test -e \S+meta\.properties \|\| java .*'kafka\.tools\.StorageTool' 'format' '-t' 'some-id' .*\|\| exit 1$/)
    expect(serve).toMatch(/^exec java .*'kafka\.Kafka' '\S+server\.properties'$/)
  })

  it('quotes arguments for the shell', () => {
    const options = { formatArguments: ['--add-scram', "SCRAM-SHA-256=[name=o'hara,password=$x]"], jvmArguments: ['-Da=b c'] }
    const script = startScript(releaseOf('4.3.1'), 'some-id', options)
    expect(script).toContain(`'--add-scram' 'SCRAM-SHA-256=[name=o'\\''hara,password=$x]'`)
    expect(script).toContain(`'-Da=b c'`)
  })
})
