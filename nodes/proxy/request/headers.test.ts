import { expect, test } from 'vitest'
import { chat, generate, messages } from '../operations/operations.ts'
import { betasIn, durationHeader, forwardedLines, isForm, passThroughHeaders, smallInteger } from './headers.ts'
import { testHead } from './test-request.ts'

const everything = {
  'idempotency-key': 'i1',
  traceparent: 't1',
  tracestate: 's1',
  'openai-beta': 'assistants=v2',
  'anthropic-beta': 'files',
  'anthropic-version': '2024-01-01',
  'api-key': 'hg_secret',
  'x-goog-api-key': 'hg_secret',
  'user-agent': 'sdk/1',
}

const bearer = 'Bearer hg_1'

test('only trace headers and the idempotency key go on to any upstream', () => {
  const lines = 'idempotency-key: i1\r\ntraceparent: t1\r\ntracestate: s1\r\n'
  expect(forwardedLines(testHead({ authorization: bearer, headers: everything }))).toBe(lines)
})

test.each([
  ['openai', chat, 'openai-beta: assistants=v2\r\n'],
  ['anthropic', messages, 'anthropic-beta: files\r\nanthropic-version: 2024-01-01\r\n'],
  ['gemini', generate, ''],
] as const)('an upstream of the dialect of %s is given the headers of that dialect too', (_, operation, own) => {
  const head = testHead({ authorization: bearer, headers: everything })
  const { lines } = passThroughHeaders(head, operation)
  expect(lines).toBe(forwardedLines(head) + own)
  expect(lines).not.toContain('hg_')
})

test('Anthropic is told a version of its API when the caller names none, and the mark of a beta in the URL', () => {
  expect(passThroughHeaders(testHead(), messages)).toEqual({ lines: 'anthropic-version: 2023-06-01\r\n', query: '' })
  expect(passThroughHeaders(testHead({ query: 'beta=true' }), messages).query).toBe('?beta=true')
  expect(passThroughHeaders(testHead({ query: 'beta=true&x=1' }), messages).query).toBe('')
  expect(passThroughHeaders(testHead({ query: 'beta=true' }), chat)).toEqual({ lines: '', query: '' })
})

test.each(['a\r\nx-evil: 1', 'a\u0000', 'caf\u00e9'])(
  'a value that could be read as another line, %j, is left out',
  (value) => {
    expect(forwardedLines(testHead({ headers: { traceparent: value, tracestate: 's1' } }))).toBe('tracestate: s1\r\n')
  },
)

test('beta features are asked for at paths of Anthropic alone', () => {
  const head = testHead({ headers: { 'anthropic-beta': 'files' } })
  expect([betasIn(head, messages), betasIn(head, chat)]).toEqual(['files', undefined])
})

test.each([
  ['30s', 30_000],
  ['250ms', 250],
  ['1m', 60_000],
  ['30', undefined],
  ['soon', undefined],
])('a time of %s is %s milliseconds', (text, wanted) => {
  const head = testHead({ headers: { 'x-headgate-timeout': text } })
  expect(durationHeader(head, 'x-headgate-timeout')).toBe(wanted)
})

test('a time that is not there is none', () => {
  expect(durationHeader(testHead(), 'x-headgate-timeout')).toBeUndefined()
})

test.each([
  ['0', 0],
  ['7', 7],
  ['10', 10],
  ['11', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['01', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s extra attempts are %s', (text, wanted) => {
  expect(smallInteger(text)).toBe(wanted)
})

test.each([
  ['multipart/form-data; boundary=x', true],
  [' Multipart/Form-Data;boundary=x', true],
  ['multipart/form-data', true],
  ['multipart/form-data-x; boundary=x', false],
  ['application/json', false],
  [undefined, false],
])('a body of the type %s is a form: %s', (contentType, wanted) => {
  const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType }
  expect(isForm(testHead({ headers }))).toBe(wanted)
})
