import { FakeCluster } from '@k/testing'

// The broker in a process of its own; its parent ends it.
const kafka = await FakeCluster.start()
process.stdout.write(`${kafka.bootstrapServers}\n`)
