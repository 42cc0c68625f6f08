import { Admin } from '@k/admin'

async function main(bootstrapServers: string): Promise<void> {
  const topic = `packaging-${process.pid}`
  await using admin = new Admin({ bootstrapServers })
  await admin.createTopics([{ topic, numPartitions: 6, replicationFactor: 1 }])
  await admin.deleteTopics([topic])
  console.log('created and deleted')
}

main(process.argv[2] ?? '')
