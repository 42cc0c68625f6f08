import { Normaliser, type Transcript } from './normalise.ts'
import { Stage, type StageConnection } from './stage.ts'

/** What a script works with: a first connection, and the stage around it. */
export interface Play extends Pick<StageConnection, 'request' | 'outcome' | 'until' | 'silence' | 'send' | 'sendChanged'> {
  readonly connect: Stage['connect']
  readonly name: Stage['name']
  readonly topic: Stage['topic']
  readonly assignableTopic: Stage['assignableTopic']
  readonly created: Stage['created']
  readonly producer: Stage['producer']
  readonly coordinator: Stage['coordinator']
}

/** A place where the two are known to differ: `2 Produce.responses[0].errorCode` and all below, with the sentence that the page shows. */
export interface ExpectedDifference {
  /** The number of the request, its API and the way to the field; ends with everything below it. `*` stands for any index. */
  readonly at: string
  readonly why: string
}

/** Requests that are sent to both, and whose answers are compared. */
export interface Script {
  readonly title: string
  readonly play: (play: Play) => Promise<unknown>
  readonly expectedDifferences: readonly ExpectedDifference[]
}

/** The scripts of one subject. */
export interface Subject {
  readonly title: string
  readonly scripts: readonly Script[]
}

export function script(title: string, play: Script['play'], expectedDifferences: readonly ExpectedDifference[] = []): Script {
  return { title, play, expectedDifferences }
}

/** Plays a script to a cluster and returns what was answered, comparable to what another one answers. */
export async function perform({ play }: Script, bootstrapServers: string, name: string): Promise<Transcript> {
  const stage = new Stage(bootstrapServers, name)
  try {
    const { request, outcome, until, silence, send, sendChanged } = await stage.connect()
    const { connect, name: newName, topic, assignableTopic, created, producer, coordinator } = stage
    await play({
      request,
      outcome,
      until,
      silence,
      send,
      sendChanged,
      connect,
      name: newName,
      topic,
      assignableTopic,
      created,
      producer,
      coordinator,
    })
    return new Normaliser(`${name}-`, stage.topics, Date.now()).transcript(stage.steps)
  } finally {
    stage.close()
  }
}
