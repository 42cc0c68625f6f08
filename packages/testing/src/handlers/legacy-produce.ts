// Produce as clients before Kafka 0.11 send it (versions 0 to 2): messages of magic 0 and 1 become one batch of the format of today, without
// compression, and go the way of all batches. A broker of old would keep the messages as they are; whoever reads cannot tell. Kafka 4.0 and later
// take them no more, and end the connection.
import { type Codecs, DecodeError, type ProduceRequest } from '@k/protocol'
import { upConverted } from '../log/message-format.ts'
import { type Answer, type Handler, handler, type RequestContext } from './handler.ts'
import { handleProduce } from './produce.ts'

const FIRST_WITH_BATCHES = 3
/** A batch that is shorter than its header, which is refused like all that is broken: length 14, magic 2. */
const BROKEN = Buffer.from('0000000000000000' + '0000000e' + '00000000' + '02' + '000000000000000000', 'hex')

export const handleEveryProduce: Handler<typeof handleProduce.api> = handler({
  ...handleProduce,
  versions: [0, handleProduce.versions[1]],
  handle(request, context) {
    if (context.version >= FIRST_WITH_BATCHES) return handleProduce.handle(request, context)
    return context.cluster.options.release.takesMessages ? handleMessages(request, context) : 'disconnect'
  },
})

async function handleMessages(request: ProduceRequest, context: RequestContext): Promise<Answer<typeof handleProduce.api>> {
  const { codecs } = context.cluster.options
  const topicData = []
  for (const topic of request.topicData) {
    const partitionData = []
    for (const partition of topic.partitionData) {
      partitionData.push({ ...partition, records: partition.records === null ? null : await converted(partition.records, codecs) })
    }
    topicData.push({ ...topic, partitionData })
  }
  return handleProduce.handle({ ...request, topicData }, { ...context, version: FIRST_WITH_BATCHES })
}

async function converted(set: Buffer, codecs: Codecs): Promise<Buffer> {
  try {
    return await upConverted(set, codecs)
  } catch (error) {
    if (DecodeError.is(error)) return BROKEN
    throw error
  }
}
