import { FakeCluster } from '@k/testing'

// The broker in a process of its own, which tells its parent what it has cost when it is asked.
const kafka = await FakeCluster.start()
let used = process.cpuUsage()
process.on('message', () => {
  const { user, system } = process.cpuUsage(used)
  used = process.cpuUsage()
  process.send?.((user + system) / 1e6)
})
process.send?.(kafka.bootstrapServers)
