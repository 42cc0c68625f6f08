export type { Truthy, WaitOptions } from './awaiting.ts'
export type { FaultChoice } from './control/fault-choice.ts'
export { formatRequest } from './control/format-request.ts'
export type { RecordedRequest, RecordedRequests } from './control/recorded-requests.ts'
export type { FaultOptions, HoldRule, Rule, RuleFilter } from './control/rule.ts'
export type { FakeBroker, MetadataLag } from './fake-broker.ts'
export { FakeCluster } from './fake-cluster.ts'
export type { FakeClusterOptions, FakeTopicOptions } from './fake-cluster-options.ts'
export type { FakeGroup, FakeGroupMember } from './fake-group.ts'
export type { FakeRecord, FakeRecordsOptions } from './fake-record.ts'
export type { FakePartitionSnapshot, FakeSnapshot } from './fake-snapshot.ts'
export type { FakeGroupOptions } from './group/group-options.ts'
export type { FakeCommittedOffset, FakeLag } from './group-control.ts'
export { synchronousGzip } from './log/sync-codecs.ts'
export { type FakeVersion, fakeVersions } from './posing/released-versions.ts'
export { SeededRandom } from './simulation/seeded-random.ts'
export {
  type SimulatedClientOptions,
  type Simulation,
  type SimulationOptions,
  type SimulationResult,
  simulate,
} from './simulation/simulate.ts'
export { VirtualClock, type VirtualClockOptions, type VirtualTimeLimit } from './time/virtual-clock.ts'
export type { FakeTopicPartition } from './topic-control.ts'
export type { TransactionState } from './transaction/transaction.ts'
export type { FakeTransaction } from './transaction-control.ts'
