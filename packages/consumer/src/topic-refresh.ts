import type { Backoff, Cluster } from '@k/network'
import type { Timer } from '@k/protocol'
import { newBackoff, type RetrySettings } from './retry-scope.ts'

/** Has topics looked up again for as long as somebody doubts what is known of them: at once, and then after growing pauses. */
export class TopicRefresh {
  readonly #cluster: Cluster
  readonly #allowAutoTopicCreation: boolean
  readonly #backoff: Backoff
  #doubted = new Set<string>()
  #isBusy = false
  #timer: Timer | undefined
  #isClosed = false

  constructor(cluster: Cluster, options: RetrySettings & { readonly allowAutoTopicCreation: boolean }) {
    this.#cluster = cluster
    this.#allowAutoTopicCreation = options.allowAutoTopicCreation
    this.#backoff = newBackoff(cluster, options)
  }

  /** What is known of a topic may be wrong. Listeners of the cluster's metadata hear when it was looked up; who still doubts then says so again. */
  doubt(topic: string): void {
    this.#doubted.add(topic)
    if (!this.#isBusy && !this.#isClosed) this.#refresh()
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #refresh(): void {
    const topics = [...this.#doubted]
    this.#doubted = new Set()
    this.#isBusy = true
    this.#cluster.refresh(topics, { allowAutoTopicCreation: this.#allowAutoTopicCreation }).then(
      () => this.#refreshed(),
      () => {
        // Whether there is still a reason for doubt, nobody could find out.
        for (const topic of topics) this.#doubted.add(topic)
        this.#refreshed()
      },
    )
  }

  #refreshed(): void {
    if (this.#isClosed) return
    if (this.#doubted.size === 0) {
      this.#isBusy = false
      this.#backoff.reset()
      return
    }
    this.#timer = this.#cluster.clock.setTimer(() => this.#refresh(), this.#backoff.next(), true)
  }
}
