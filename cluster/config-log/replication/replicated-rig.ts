// A replicated log over models, on a clock that advances only while the test waits for an answer.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { MemoryLog, MemoryLogStorage } from '../log/memory-log.ts'
import { MemoryStream, MemoryStreamStorage } from '../stream/memory-stream.ts'
import { rigMacKey } from '../writer/log-rig.ts'
import { ReplicatedLog, type ReplicatedLogOptions } from './replicated-log.ts'

export interface ReplicatedRig {
  log: ReplicatedLog
  stream: MemoryStreamStorage
  copy: MemoryLogStorage
  clock: ManualClock
  notices: Notice[]
  /** Resolves with the answer, and the time it took on the log's clock. */
  timed<Value>(answer: Promise<Value>): Promise<{ value: Value; tookMs: number }>
  answer<Value>(answer: Promise<Value>): Promise<Value>
  pass(ms: number): Promise<void>
}

/** Makes a replicated log, on new storages unless they are given, and waits for its first look at the stream. */
export async function replicatedRig({
  stream = new MemoryStreamStorage(),
  copy = new MemoryLogStorage(),
  ...options
}: Partial<Omit<ReplicatedLogOptions, 'stream' | 'copy'>> & {
  stream?: MemoryStreamStorage
  copy?: MemoryLogStorage
} = {}): Promise<ReplicatedRig> {
  const clock = new ManualClock()
  const notices: Notice[] = []
  const log = new ReplicatedLog({
    stream: new MemoryStream(stream),
    copy: new MemoryLog(copy),
    macKey: rigMacKey,
    clock,
    notify: (notice) => void notices.push(notice),
    mayCreate: () => true,
    ...options,
  })
  const timed = async <Value>(answer: Promise<Value>) => {
    let isOver = false
    const end = () => {
      isOver = true
    }
    answer.then(end, end)
    const startedMs = clock.monotonicMs()
    while (!isOver) {
      await nextTurn()
      if (!isOver) clock.advance(stepMs)
    }
    return { value: await answer, tookMs: clock.monotonicMs() - startedMs }
  }
  const pass = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
      clock.advance(stepMs)
      await nextTurn()
    }
  }
  await timed(log.start())
  return { log, stream, copy, clock, notices, timed, answer: async (asked) => (await timed(asked)).value, pass }
}

const stepMs = 10
