import type { ConsumerGroup } from '../consumer-group/consumer-group.ts'
import type { ClassicGroup } from './classic-group.ts'

export type Group = ClassicGroup | ConsumerGroup

/** Every group of the cluster, of whichever kind, by its id. */
export class Groups {
  readonly #groups = new Map<string, Group>()

  get(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  /** In the place of one of that id, if there is one. */
  set(group: Group): void {
    const former = this.#groups.get(group.groupId)
    if (former !== group) former?.cancelTimers()
    this.#groups.set(group.groupId, group)
  }

  delete(groupId: string): void {
    this.#groups.get(groupId)?.cancelTimers()
    this.#groups.delete(groupId)
  }

  all(): Group[] {
    return [...this.#groups.values()]
  }
}
