// A settlement for tests, whose recorder remembers.

import { type Clock, ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import type { AttemptRecord, RequestRecord } from '../../../shared/telemetry/records.ts'
import type { RecordSink } from '../telemetry/recorder.ts'
import type { StandIn } from '../telemetry/stand-ins.ts'
import { AnswerCounts } from './answer-counts.ts'
import { Settlement } from './settle.ts'

export class TestRecorder implements RecordSink {
  readonly records: RequestRecord[] = []
  /** The attempts of each record. */
  readonly attempts: (readonly AttemptRecord[])[] = []
  /** Keeps the last bytes of answers until `flush()`, as the real recorder does until the end of the turn. */
  holds = false
  #flushes: (() => void)[] = []

  finish(
    request: RequestRecord,
    attempts: readonly AttemptRecord[],
    flush: () => void,
    standIns: readonly StandIn[] = [],
  ): void {
    for (const one of standIns) one.close()

    this.records.push(structuredClone(request))
    this.attempts.push(structuredClone(attempts))
    if (this.holds) this.#flushes.push(flush)
    else flush()
  }

  flush(): void {
    for (const flush of this.#flushes.splice(0)) flush()
  }
}

export interface TestSettlement {
  readonly settlement: Settlement
  readonly recorder: TestRecorder
  readonly notices: Notice[]
  /** Codes of the errors that callers were told. */
  readonly rejections: string[]
}

export function testSettlement(clock: Clock = new ManualClock()): TestSettlement {
  const [recorder, notices, rejections] = [new TestRecorder(), [] as Notice[], [] as string[]]
  const notify = (notice: Notice) => void notices.push(notice)
  const countRejection = (code: string) => void rejections.push(code)
  const counts = Object.assign(new AnswerCounts(notify), { countRejection })
  const settlement = new Settlement({ clock, chance: () => 0, notify, recorder, counts })
  return { settlement, recorder, notices, rejections }
}
