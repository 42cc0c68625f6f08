/** One metadata request, and everybody who waits for it. */
export class MetadataBatch {
  readonly names = new Set<string>()
  /** Whether brokers may create the named topics. */
  mayCreate = false
  /** Undefined until it was begun. */
  done: Promise<void> | undefined

  add(names: readonly string[], mayCreate: boolean): void {
    for (const name of names) this.names.add(name)
    this.mayCreate ||= mayCreate
  }

  /** Whether its answer is what a caller wants. */
  covers(names: readonly string[], mayCreate: boolean): boolean {
    return names.every((name) => this.names.has(name)) && (this.mayCreate || !mayCreate)
  }
}
