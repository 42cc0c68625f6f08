import { ignore } from './deadline.ts'

/** One metadata request, and everybody who waits for it. */
export class MetadataBatch {
  readonly names = new Set<string>()
  /** Whether all topics of interest are asked for. */
  everything = false
  allowAutoTopicCreation = false
  readonly done: Promise<void>
  resolve!: () => void
  reject!: (error: Error) => void

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.done.catch(ignore)
  }

  add(names: readonly string[] | undefined, allowAutoTopicCreation: boolean): void {
    if (names === undefined) this.everything = true
    else for (const name of names) this.names.add(name)
    this.allowAutoTopicCreation ||= allowAutoTopicCreation && names !== undefined
  }

  /** Whether its answer is what a caller wants. */
  covers(names: readonly string[] | undefined, allowAutoTopicCreation: boolean): boolean {
    if (names === undefined) return this.everything
    return names.every((name) => this.names.has(name)) && (this.allowAutoTopicCreation || !allowAutoTopicCreation)
  }
}
