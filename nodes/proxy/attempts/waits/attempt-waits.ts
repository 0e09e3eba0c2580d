// Pauses between attempts, and waits for what an attempt needs. A request does one of them at a time.
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import type { Timeouts } from '../../routing/model-route.ts'
import type { Deadline } from '../../routing/timer-wheel.ts'
import { LateWait } from '../../translators/late/late-wait.ts'
import type { Late, Made } from '../../translators/translator.ts'
import { AttemptRecords } from '../attempt-records.ts'
import type { AttemptTools } from '../running-attempt.ts'
import { TimeLimits } from '../time-limits.ts'

export abstract class AttemptWaits extends AttemptRecords implements Deadline {
  protected readonly limits: TimeLimits
  #wait: LateWait | undefined

  constructor(tools: AttemptTools, request: AuthenticatedRequest, stream: boolean) {
    super(tools, request, stream)
    this.limits = new TimeLimits(request, stream)
  }

  /** Called when a pause ends, or when the request has no time left to wait. */
  abstract onDue(): void
  /** Ends the request, because something of ours threw. */
  protected abstract onBug(error: unknown): void

  protected get isPausing(): boolean {
    return this.deadlineSlot >= 0
  }

  protected get isWaiting(): boolean {
    return this.#wait?.isWaiting === true
  }

  /** Waits for something as long as the request may take. `onMade` has to stop the pause. */
  protected waitFor<Value>(
    late: Late<Value>,
    { route }: { readonly route: { readonly timeouts: Timeouts } },
    onMade: (made: Made<Value>) => void,
  ): void {
    this.tools.timers.arm(this, this.limits.leftMs(route.timeouts, this.tools.clock.monotonicMs()))
    this.#wait ??= new LateWait()
    this.#wait.begin(late, { onMade, onBug: (error) => this.onBug(error) })
  }

  /** Ends a pause, or the wait for what an attempt needs, without an attempt. */
  protected stopPausing(): void {
    this.tools.timers.cancel(this)
    this.#wait?.stop()
  }
}
