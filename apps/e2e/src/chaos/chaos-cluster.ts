import { type KafkaCluster, startKafka } from '@tooling/kafka'

/** Three brokers that notice soon when one of them is gone. */
export function startChaosCluster(version: string): Promise<KafkaCluster> {
  return startKafka({
    version,
    nodes: 3,
    properties: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200', 'offsets.topic.num.partitions': '6' },
  })
}
