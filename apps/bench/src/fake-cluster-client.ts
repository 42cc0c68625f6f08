import { randomBytes } from 'node:crypto'
import { ours } from './clients/ours.ts'
import { measure } from './measured.ts'

// Our client in a process of its own: it produces, or consumes.
const [phase, bootstrapServers, topic, records] = process.argv.slice(2) as [string, string, string, string]
const total = Number(records)
const measured = await measure(() =>
  phase === 'produce'
    ? ours.produce({ bootstrapServers, topic, value: randomBytes(100), total, arraySize: 1000, inFlight: 5 })
    : ours.consume({ bootstrapServers, topic, groupId: topic, total }),
)
process.stdout.write(`${JSON.stringify(measured)}\n`)
