import type { Clock } from '@k/protocol'
import type { Wakeup } from './wakeup.ts'

/**
 * Waits until the user has finished what is in hand: at most `ms`, and not beyond `signal`.
 * @param isBusy - whether something that matters is in hand
 * @returns whether it was finished
 */
export async function drain(progress: Wakeup, isBusy: () => boolean, clock: Clock, ms: number, signal?: AbortSignal): Promise<boolean> {
  if (!isBusy() || ms <= 0) return !isBusy()
  let isOver = false
  const end = () => {
    isOver = true
    progress.wake()
  }
  const timer = clock.setTimer(end, ms)
  signal?.addEventListener('abort', end)
  while (!isOver && signal?.aborted !== true && isBusy()) await progress.wait()
  timer.cancel()
  signal?.removeEventListener('abort', end)
  return !isBusy()
}
