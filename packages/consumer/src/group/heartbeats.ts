import type { Clock, Timer } from '@k/protocol'

/** Beats for a generation, one at a time, from {@link Heartbeats.start} to {@link Heartbeats.stop}, whatever the user is busy with. */
export class Heartbeats {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #beat: () => Promise<void>
  readonly #onError: (error: unknown) => number | undefined
  #timer: Timer | undefined
  // Grows with each start and stop: what an earlier beat meets concerns nobody.
  #epoch = 0
  #lastMs: number | undefined

  /**
   * @param beat - sends one
   * @param onError - hears how one failed, and says after how many milliseconds to send the next, if that is to be sooner than usual
   */
  constructor(clock: Clock, intervalMs: number, beat: () => Promise<void>, onError: (error: unknown) => number | undefined) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#beat = beat
    this.#onError = onError
  }

  /** When one was answered last, as a monotonic time. */
  get lastMs(): number | undefined {
    return this.#lastMs
  }

  start(): void {
    this.stop()
    this.#lastMs = this.#clock.monotonic()
    this.#schedule(this.#epoch, this.#intervalMs)
  }

  stop(): void {
    this.#epoch++
    this.#timer?.cancel()
  }

  #schedule(epoch: number, ms: number): void {
    this.#timer = this.#clock.setTimer(() => this.#send(epoch), ms)
  }

  async #send(epoch: number): Promise<void> {
    const started = this.#clock.monotonic()
    let pauseMs: number | undefined
    try {
      await this.#beat()
      if (epoch === this.#epoch) this.#lastMs = this.#clock.monotonic()
    } catch (error) {
      if (epoch === this.#epoch) pauseMs = this.#onError(error)
    }
    if (epoch !== this.#epoch) return
    this.#schedule(epoch, pauseMs ?? Math.max(0, this.#intervalMs - (this.#clock.monotonic() - started)))
  }
}
