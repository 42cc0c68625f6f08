import { Producer } from '@k/producer'

async function main(bootstrapServers: string): Promise<void> {
  await using producer = new Producer({ bootstrapServers })
  const { topic, offset } = await producer.send({ topic: 'packaging', key: 'o-1', value: 'paid' })
  console.log(`wrote to ${topic}, offset ${typeof offset}`)
}

main(process.argv[2] ?? '')
