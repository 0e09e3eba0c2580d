import { describe, expect, test } from 'vitest'
import { failureOfAnswer } from '../../errors/answered-failure.ts'
import { errorAnswer } from '../../errors/error-answer.ts'
import { failureInStream } from '../../errors/stream-failure.ts'
import { cutStream, type UpstreamFailure } from '../../errors/upstream-failure.ts'
import { FailedTargets } from './failed-targets.ts'

const body = Buffer.alloc(0)

function answered(status: number, retryAfterMs?: number): UpstreamFailure {
  return failureOfAnswer({ status, contentType: '', retryAfterMs, body })
}

/** What is told after these failures, each of a target's name and what it did. */
function errorAfter(...failures: [target: string, failure: UpstreamFailure][]) {
  const failed = new FailedTargets<string>()
  for (const [target, failure] of failures) failed.add(target, failure)
  return failed.passingError()
}

describe('the error of targets that failed', () => {
  test('is a limit where all are limited, with the smallest wait', () => {
    expect(errorAfter(['a', answered(429, 9_000)], ['b', answered(429, 400)], ['c', answered(429)])).toEqual({
      type: 'upstream-limited',
      retryAfterMs: 400,
    })
    expect(errorAfter(['a', answered(429)])).toEqual({ type: 'upstream-limited', retryAfterMs: 1_000 })
  })

  test.each([503, 529])('is an overload where one said %i and the others were limited', (status) => {
    expect(errorAfter(['a', answered(status)], ['b', answered(429, 4_000)])).toEqual({
      type: 'upstream-overloaded',
      retryAfterMs: 4_000,
    })
    expect(errorAfter(['a', answered(status)])).toEqual({ type: 'upstream-overloaded', retryAfterMs: undefined })
  })

  test('is an overload where a stream said so in its first event', () => {
    const failure = failureInStream({ kind: 'overloaded', message: 'Overloaded' }, 'Overloaded')
    expect(errorAfter(['a', failure])?.type).toBe('upstream-overloaded')
  })

  test('does not pass where a target failed otherwise', () => {
    for (const other of [answered(500), answered(401), cutStream]) {
      expect(errorAfter(['a', answered(529)], ['b', other])).toBeUndefined()
      expect(errorAfter(['a', other], ['b', answered(429, 10)])).toBeUndefined()
    }
    expect(errorAfter()).toBeUndefined()
  })

  test('is that of the last word of each target', () => {
    expect(errorAfter(['a', cutStream], ['a', answered(529)])?.type).toBe('upstream-overloaded')
    expect(errorAfter(['a', answered(529)], ['a', cutStream])).toBeUndefined()
    expect(errorAfter(['a', answered(529)], ['a', answered(429, 300)])).toEqual({
      type: 'upstream-overloaded',
      retryAfterMs: 300,
    })
  })
})

describe('an overload is told', () => {
  const waits = (retryAfterMs: number | undefined, chance: number, shape: 'openai' | 'anthropic' = 'openai') => {
    const context = { requestId: 'req_1', shape, chance: () => chance }
    const { status, code, headers } = errorAnswer({ type: 'upstream-overloaded', retryAfterMs }, context)
    const value = (name: string) => headers[headers.indexOf(name) + 1]
    return [status, code, value('x-should-retry'), value('retry-after'), value('retry-after-ms')]
  }

  test('with a jittered wait', () => {
    expect(waits(4_000, 0)).toEqual([503, 'overloaded', 'true', '4', '4000'])
    expect(waits(4_000, 0.5)).toEqual([503, 'overloaded', 'true', '5', '5000'])
    expect(waits(undefined, 0)).toEqual([503, 'overloaded', 'true', '2', '2000'])
    expect(waits(undefined, 0.5)).toEqual([503, 'overloaded', 'true', '3', '2500'])
  })

  test('with 529 at the endpoints of Anthropic', () => {
    expect(waits(4_000, 0, 'anthropic')).toEqual([529, 'overloaded', 'true', '4', '4000'])
  })
})
