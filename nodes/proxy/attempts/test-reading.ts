import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import type { Target } from '../providers/endpoint.ts'
import { defaultTimeouts } from '../routing/model-route.ts'
import type { WholeAnswer } from '../translators/translator.ts'
import type { ReadAttempt } from './answer-reader.ts'
import { openAttempt } from './test-attempt.ts'

const question = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }

/** What becomes of the attempt whose answer is read. */
export class RememberingAttempt implements ReadAttempt {
  readonly timeouts = { ...defaultTimeouts, idleMs: 40_000, firstTokenMs: 3_000 }
  readonly translator: ReadAttempt['translator']
  readonly limits: ReadAttempt['limits']
  clockMs = 0
  failures: UpstreamFailure[] = []
  /** The failures in which the upstream could still say something. */
  givenUp = 0
  answers: WholeAnswer[] = []
  closed = 0
  aborted = 0
  dues: number[] = []
  silences: number[] = []

  constructor(target: Target, headers: Readonly<Record<string, string>>) {
    const { attempt } = openAttempt({ body: { ...question, stream: true }, target, headers })
    this.translator = attempt.translator
    this.limits = attempt.limits
  }

  secrets(): readonly string[] {
    return ['sk-canary-0123']
  }

  nowMs(): number {
    return this.clockMs
  }

  fail(failure: UpstreamFailure): void {
    this.failures.push(failure)
  }

  giveUp(failure: UpstreamFailure): void {
    this.givenUp++
    this.failures.push(failure)
  }

  answered(answer: WholeAnswer): void {
    this.answers.push(answer)
  }

  bugs: unknown[] = []

  bug(error: unknown): void {
    this.bugs.push(error)
  }

  /** Times that more of a stream came. */
  progress = 0

  progressed(): void {
    this.progress++
  }

  abort(): void {
    this.aborted++
  }

  dueIn(ms: number): void {
    this.dues.push(ms)
  }

  close(): void {
    this.closed++
  }

  stillSilent(_nowMs: number, nextMs: number): void {
    this.silences.push(nextMs)
  }
}
