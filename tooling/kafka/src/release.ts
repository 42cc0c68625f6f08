/** What one release of Apache Kafka needs to run: its jars, how it keeps its metadata, and where its console tools live. */
export interface Release {
  version: string
  /** KRaft releases are their own controllers; older ones need a ZooKeeper next to them. */
  mode: 'kraft' | 'zookeeper'
  /** Maven coordinates, `group:artifact:version`. */
  dependencies: string[]
  /** `group:artifact` that a dependency names but that is published nowhere. */
  exclusions: string[]
  logging: 'log4j' | 'log4j2'
  /** The release whose console tools are used with this broker. */
  toolsVersion: string
  consoles: Consoles
  /** The official image; there is none before Kafka 3.7.0. */
  dockerImage: string | undefined
}

/** The console producer and consumer of a release: their classes and the names of their flags. */
export interface Consoles {
  producer: string
  consumer: string
  producerProperty: string
  consumerProperty: string
  readerProperty: string
  formatterProperty: string
}

const log4j2 = 'org.apache.logging.log4j:log4j-slf4j-impl:2.25.4'
const oldConsoles: Consoles = {
  producer: 'kafka.tools.ConsoleProducer',
  consumer: 'kafka.tools.ConsoleConsumer',
  producerProperty: '--producer-property',
  consumerProperty: '--consumer-property',
  readerProperty: '--property',
  formatterProperty: '--property',
}
const newConsoles: Consoles = {
  producer: 'org.apache.kafka.tools.ConsoleProducer',
  consumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  producerProperty: '--command-property',
  consumerProperty: '--command-property',
  readerProperty: '--reader-property',
  formatterProperty: '--formatter-property',
}

const kafka = (version: string, scala: string, ...others: string[]): string[] => [`org.apache.kafka:kafka_${scala}:${version}`, ...others]
const tools = (version: string): string => `org.apache.kafka:kafka-tools:${version}`

const kraft = (version: string): Release => ({
  version,
  mode: 'kraft',
  dependencies: kafka(version, '2.13', tools(version), log4j2),
  exclusions: [],
  logging: 'log4j2',
  toolsVersion: version,
  consoles: newConsoles,
  dockerImage: `apache/kafka:${version}`,
})

const zookeeper = (version: string, scala: string, ...others: string[]): Release => ({
  version,
  mode: 'zookeeper',
  dependencies: kafka(version, scala, tools(version), ...others),
  exclusions: [],
  logging: 'log4j',
  toolsVersion: version,
  consoles: oldConsoles,
  dockerImage: undefined,
})

// Java 9 took away a class that the two oldest brokers load at start.
const jaxb = 'javax.xml.bind:jaxb-api:2.3.1'

const releases: Release[] = [
  {
    ...kraft('4.4.0'),
    // The tools of 4.4.0 are not published, nor its image; the tools of 4.3.1 drive its brokers.
    dependencies: kafka('4.4.0', '2.13', log4j2),
    exclusions: ['org.apache.kafka:kafka-tools-api'],
    toolsVersion: '4.3.1',
    dockerImage: undefined,
  },
  kraft('4.3.1'),
  {
    ...kraft('3.9.2'),
    dependencies: kafka('3.9.2', '2.13', tools('3.9.2'), 'org.slf4j:slf4j-reload4j:1.7.36'),
    logging: 'log4j',
    consoles: { ...oldConsoles, consumer: newConsoles.consumer },
  },
  zookeeper('2.8.2', '2.13', 'org.slf4j:slf4j-log4j12:1.7.30'),
  zookeeper('1.1.1', '2.12', 'org.slf4j:slf4j-log4j12:1.7.25'),
  zookeeper('0.11.0.3', '2.12', 'org.slf4j:slf4j-log4j12:1.7.25', jaxb),
  zookeeper('0.10.2.2', '2.12', 'org.slf4j:slf4j-log4j12:1.7.21', jaxb),
]

/** The versions that `startKafka` knows, newest first. */
export const kafkaVersions: string[] = releases.map((release) => release.version)

/** The version that is started when none is named. */
export const defaultKafkaVersion = '4.3.1'

/** Finds a release; throws with the list of known ones when there is no such version. */
export const releaseOf = (version: string): Release => {
  const found = releases.find((release) => release.version === version)
  if (found === undefined) throw new Error(`Kafka ${version} is not known here; choose one of ${kafkaVersions.join(', ')}.`)
  return found
}
