import { Heartbeat, KafkaError, Reader, Writer } from '@k/protocol'

const writer = new Writer()
Heartbeat.request.encode(writer, { groupId: 'g', generationId: 1, memberId: 'm' }, 4)
const { groupId } = Heartbeat.request.decode(new Reader(writer.finish()), 4)
console.log(`carried ${groupId}, ${KafkaError.is(new Error('x'))}`)
