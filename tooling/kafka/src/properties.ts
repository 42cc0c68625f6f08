/** A Kafka or ZooKeeper property file as a value. */
export type Properties = Record<string, string>

/** Where one node will live: its id, data directory and a port for each of its listeners. */
export interface NodeAddress {
  id: number
  host: string
  /** By listener name; `PLAINTEXT` is always there, `CONTROLLER` on KRaft nodes. */
  ports: Record<string, number>
  dataDirectory: string
}

/** Extra listeners by name, for example `{ TLS: 'SSL', LOGIN: 'SASL_PLAINTEXT' }`. */
export type Listeners = Record<string, 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'>

const entries = (node: NodeAddress, names: string[]): string => names.map((name) => `${name}://${node.host}:${node.ports[name]}`).join(',')

// 4 internal partitions instead of 50, no wait for the first rebalance, and a cleaner buffer that halves a broker's memory.
const shared = (node: NodeAddress, count: number): Properties => {
  const replicas = String(Math.min(3, count))
  const minimum = String(Math.min(2, count))
  return {
    'log.dirs': node.dataDirectory,
    'num.partitions': '4',
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '500',
    'log.cleaner.dedupe.buffer.size': '4194304',
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minimum,
    'transaction.state.log.num.partitions': '4',
    ...(count > 1 && {
      'broker.rack': `r${node.id}`,
      'default.replication.factor': replicas,
      'min.insync.replicas': minimum,
      'replica.lag.time.max.ms': '2000',
    }),
  }
}

/** The property file of a KRaft node that is broker and controller at once. */
export const kraftProperties = (node: NodeAddress, nodes: NodeAddress[], listeners: Listeners = {}): Properties => {
  const names = ['PLAINTEXT', ...Object.keys(listeners)]
  const replicas = String(Math.min(3, nodes.length))
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': nodes.map((each) => `${each.id}@${each.host}:${each.ports.CONTROLLER}`).join(','),
    listeners: entries(node, [...names, 'CONTROLLER']),
    'advertised.listeners': entries(node, names),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': Object.entries({ PLAINTEXT: 'PLAINTEXT', ...listeners, CONTROLLER: 'PLAINTEXT' })
      .map(([name, protocol]) => `${name}:${protocol}`)
      .join(','),
    ...shared(node, nodes.length),
    // The defaults take 9 s to notice a killed broker, and as long to let it come back.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '200',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': String(Math.min(2, nodes.length)),
    'share.coordinator.state.topic.num.partitions': '4',
    ...(nodes.length > 1 && {
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
      'controller.quorum.election.timeout.ms': '500',
      'controller.quorum.election.backoff.max.ms': '300',
      'controller.quorum.fetch.timeout.ms': '1000',
    }),
  }
}

/** How long ZooKeeper waits for a silent broker; a killed broker cannot come back before this has passed. */
export const zookeeperSessionMs = 1500

/** The property file of a broker that keeps its metadata in ZooKeeper. */
export const zookeeperBrokerProperties = (
  node: NodeAddress,
  nodes: NodeAddress[],
  zookeeperPort: number,
  listeners: Listeners = {},
): Properties => {
  const names = ['PLAINTEXT', ...Object.keys(listeners)]
  return {
    'broker.id': String(node.id),
    listeners: entries(node, names),
    'advertised.listeners': entries(node, names),
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': Object.entries({ PLAINTEXT: 'PLAINTEXT', ...listeners })
      .map(([name, protocol]) => `${name}:${protocol}`)
      .join(','),
    'zookeeper.connect': `127.0.0.1:${zookeeperPort}/kafka`,
    'zookeeper.session.timeout.ms': String(zookeeperSessionMs),
    'delete.topic.enable': 'true',
    ...shared(node, nodes.length),
  }
}

/** The property file of the ZooKeeper next to such brokers. */
export const zookeeperProperties = (port: number, dataDirectory: string): Properties => ({
  dataDir: dataDirectory,
  clientPort: String(port),
  clientPortAddress: '127.0.0.1',
  maxClientCnxns: '0',
  tickTime: '500',
  'admin.enableServer': 'false',
})

/** Writes the text of a property file. */
export const formatProperties = (properties: Properties): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replace(/^ /, '\\ ')}\n`)
    .join('')
