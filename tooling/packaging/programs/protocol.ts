import { Heartbeat, KafkaError } from '@k/protocol'

const bytes = Heartbeat.request.encode(4, { groupId: 'g', generationId: 1, memberId: 'm' })
const { groupId } = Heartbeat.request.decode(4, bytes)
console.log(`carried ${groupId}, ${KafkaError.is(new Error('x'))}`)
