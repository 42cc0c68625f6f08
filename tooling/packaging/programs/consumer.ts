import { Consumer } from '@k/consumer'

async function main(bootstrapServers: string): Promise<void> {
  const groupId = `packaging-${process.pid}`
  await using consumer = new Consumer({ bootstrapServers, groupId, topics: ['packaging'], autoOffsetReset: 'earliest' })
  for await (const record of consumer) {
    // @ts-expect-error A Buffer is no number: it would be one if Node's types had been lost on the way.
    const lost: number = record.value
    console.log(`read ${record.key} ${record.value?.toString()} ${typeof lost}`)
    break
  }
}

main(process.argv[2] ?? '')
