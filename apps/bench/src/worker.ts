import { randomBytes } from 'node:crypto'
import { kafkajs } from './clients/kafkajs.ts'
import { ours } from './clients/ours.ts'
import { measure } from './measured.ts'

// One client in a process of its own: what it costs is not mixed with what another left behind.
const [clientName, bootstrapServers, topic, records] = process.argv.slice(2) as [string, string, string, string]
const client = [ours, kafkajs].find(({ name }) => name === clientName)
if (client === undefined) throw new Error(`no client is called ${clientName}`)
const total = Number(records)
const produce = await measure(() =>
  client.produce({ bootstrapServers, topic, value: randomBytes(100), total, arraySize: 1000, inFlight: 5 }),
)
const consume = await measure(() => client.consume({ bootstrapServers, topic, groupId: topic, total }))
process.stdout.write(`${JSON.stringify({ produce, consume })}\n`)
