import { expect, test } from 'vitest'
import { openNoticeLog } from './notice-log.ts'

function log({ level = 'info' as const, isPlain = false, colours = false } = {}) {
  const lines: string[] = []
  const terminal = { out: (text: string) => void lines.push(text), colours }
  const clock = { wallMs: () => Date.UTC(2030, 0, 2, 3, 4, 5, 678) }
  return { notify: openNoticeLog({ level, clock, terminal, isPlain }), lines }
}

test('a notice is one JSON value with its level, time, event, fields and a sentence', () => {
  const { notify, lines } = log()
  notify({ type: 'started', role: 'all', version: '1.2.3', tookMs: 345 })
  expect(lines).toEqual([
    '{"level":30,"time":"2030-01-02T03:04:05.678Z","event":"started","role":"all","version":"1.2.3","tookMs":345,"msg":"started in 345 ms"}',
  ])
})

test('what is below the level is not written', () => {
  const { notify, lines } = log()
  notify({ type: 'config-applied', revision: 1, tookMs: 2 })
  notify({ type: 'stopped', openStreams: 0 })
  expect(lines).toHaveLength(1)
})

test('on a terminal it is a line of words, and nothing that strangers wrote steers the terminal', () => {
  const { notify, lines } = log({ isPlain: true })
  notify({ type: 'handler-threw', where: 'process', message: 'oh \u001b[2J no' })
  expect(lines).toEqual(['03:04:05.678 ERROR handler threw where=process message=oh \\u001b[2J no'])
})

test.each([
  ['SIGINT', 2, '2 requests are open; press Ctrl-C again to end at once'],
  ['SIGINT', 1, '1 request is open; press Ctrl-C again to end at once'],
  ['SIGTERM', 2, '2 requests are open; send a second signal to end at once'],
  ['SIGINT', 0, 'stopping'],
])('a stop by %s with %d open requests tells what it waits for', (signal, openRequests, says) => {
  const { notify, lines } = log({ isPlain: true })
  notify({ type: 'stopping', signal, drainMs: 30_000, openRequests })
  expect(lines[0]).toContain(`INFO  ${says} signal=`)
})

test('a message that is the sentence stands there once', () => {
  const { notify, lines } = log({ isPlain: true })
  notify({ type: 'warning', message: 'mind the gap' })
  expect(lines).toEqual(['03:04:05.678 WARN  mind the gap'])
})

test('colours are for terminals that want them', () => {
  const { notify, lines } = log({ isPlain: true, colours: true })
  notify({ type: 'warning', message: 'mind the gap' })
  expect(lines[0]).toContain('\u001b[33mWARN \u001b[0m')
})
