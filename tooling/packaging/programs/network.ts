import { Cluster } from '@k/network'

async function main(bootstrapServers: string): Promise<void> {
  const cluster = new Cluster({ bootstrapServers })
  await cluster.refresh(['packaging'])
  console.log(`sees ${cluster.brokers.length} brokers`)
  await cluster.close()
}

main(process.argv[2] ?? '')
