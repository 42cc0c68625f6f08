import { Produce } from '@k/protocol'
import { FakeCluster } from '@k/testing'

// A broker that takes less than it is sent, in a process of its own; its parent ends it.
const kafka = await FakeCluster.start({ topics: { slow: { numPartitions: 6, replicationFactor: 1 } } })
kafka.on(Produce).throttle(100)
process.stdout.write(`${kafka.bootstrapServers}\n`)
