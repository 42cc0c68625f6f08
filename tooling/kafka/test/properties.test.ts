import { describe, expect, it } from 'vitest'
import { formatProperties, kraftProperties, type NodeAddress, zookeeperBrokerProperties, zookeeperProperties } from '../src/properties.ts'

const address = (id: number): NodeAddress => ({
  id,
  host: '127.0.0.1',
  ports: { PLAINTEXT: 21_000 + id, CONTROLLER: 22_000 + id, LOGIN: 23_000 + id },
  dataDirectory: `/data/${id}`,
})
const three = [address(1), address(2), address(3)]

describe('kraftProperties', () => {
  it('lets a single node keep its internal topics on itself', () => {
    const properties = kraftProperties(address(1), [address(1)])
    expect(properties).toMatchObject({
      'process.roles': 'broker,controller',
      'controller.quorum.voters': '1@127.0.0.1:22001',
      listeners: 'PLAINTEXT://127.0.0.1:21001,CONTROLLER://127.0.0.1:22001',
      'advertised.listeners': 'PLAINTEXT://127.0.0.1:21001',
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.replication.factor': '1',
      'share.coordinator.state.topic.replication.factor': '1',
      'log.dirs': '/data/1',
    })
    expect(properties).not.toHaveProperty('broker.rack')
  })

  it('replicates three times among three nodes, each in a rack of its own', () => {
    expect(kraftProperties(address(2), three)).toMatchObject({
      'node.id': '2',
      'controller.quorum.voters': '1@127.0.0.1:22001,2@127.0.0.1:22002,3@127.0.0.1:22003',
      'broker.rack': 'r2',
      'default.replication.factor': '3',
      'min.insync.replicas': '2',
      'transaction.state.log.min.isr': '2',
    })
  })

  it('adds listeners with their protocols, and lets brokers talk in plain text', () => {
    expect(kraftProperties(address(1), three, { LOGIN: 'SASL_PLAINTEXT' })).toMatchObject({
      listeners: 'PLAINTEXT://127.0.0.1:21001,LOGIN://127.0.0.1:23001,CONTROLLER://127.0.0.1:22001',
      'advertised.listeners': 'PLAINTEXT://127.0.0.1:21001,LOGIN://127.0.0.1:23001',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'PLAINTEXT',
    })
  })
})

describe('properties of ZooKeeper mode', () => {
  it('points every broker at one ZooKeeper', () => {
    const properties = zookeeperBrokerProperties(address(3), three, 24_000)
    expect(properties).toMatchObject({
      'broker.id': '3',
      'zookeeper.connect': '127.0.0.1:24000/kafka',
      listeners: 'PLAINTEXT://127.0.0.1:21003',
    })
    expect(properties).not.toHaveProperty('process.roles')
  })

  it('keeps ZooKeeper on this machine and off port 8080', () => {
    expect(zookeeperProperties(24_000, '/data/zk')).toMatchObject({
      clientPort: '24000',
      clientPortAddress: '127.0.0.1',
      'admin.enableServer': 'false',
    })
  })
})

describe('formatProperties', () => {
  it('writes one line for each property', () => {
    expect(formatProperties({ a: '1', 'b.c': 'x=y' })).toBe('a=1\nb.c=x=y\n')
  })

  it('escapes what a property file would read otherwise', () => {
    expect(formatProperties({ pem: 'line one\nline two', path: 'C:\\data', lead: ' x' })).toBe(
      'pem=line one\\nline two\npath=C:\\\\data\nlead=\\ x\n',
    )
  })
})
