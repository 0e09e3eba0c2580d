// The clock of a command: a verb that waits keeps its process alive, which in a node only listeners do.
import { type Clock, systemClock } from '../../shared/clock.ts'

export const waitingClock: Clock = {
  ...systemClock,
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}
