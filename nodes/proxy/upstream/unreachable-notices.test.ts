import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { unreachableReporter } from './unreachable-notices.ts'
import type { UpstreamOrigin } from './upstream.ts'

test('an origin is reported once a minute, each for itself', () => {
  const { clock, report, notices } = open()
  for (const key of ['http://a', 'http://a', 'http://b']) report(origin(key), { type: 'connect', message: key })
  clock.advance(59_999)
  report(origin('http://a'), { type: 'connect', message: 'too early' })
  clock.advance(1)
  report(origin('http://a'), { type: 'tls', message: 'again' })
  expect(notices).toEqual([
    { type: 'upstream-unreachable', problem: 'connect', message: 'http://a' },
    { type: 'upstream-unreachable', problem: 'connect', message: 'http://b' },
    { type: 'upstream-unreachable', problem: 'tls', message: 'again' },
  ])
})

test('a connection that was reset is not reported', () => {
  const { report, notices } = open()
  report(origin('http://a'), { type: 'reset', message: 'closed' })
  expect(notices).toEqual([])
})

function open() {
  const clock = new ManualClock()
  const notices: Notice[] = []
  const report = unreachableReporter({ clock, notify: (notice) => void notices.push(notice) })
  return { clock, notices, report }
}

function origin(key: string): UpstreamOrigin {
  return { key, protocol: 'http:', hostname: 'a', port: 80, host: 'a' }
}
