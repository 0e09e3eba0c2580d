// What an upstream says of a failure is any text: of somebody who has taken its place, or of a caller whom it quotes. Whatever it is, it
// is read in the event loop, so reading it costs a few milliseconds.
import { expect, test } from 'vitest'
import { anthropicUpstream } from '../dialects/anthropic/anthropic.ts'
import { bedrockUpstream } from '../dialects/bedrock/bedrock.ts'
import { cohereUpstream } from '../dialects/cohere/cohere.ts'
import { geminiUpstream } from '../dialects/gemini/gemini.ts'
import { openAiChatUpstream } from '../dialects/openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from '../dialects/openai-responses/openai-responses.ts'
import { errorHeadOf } from './error-head.ts'
import { keptText, saidOf } from './upstream-text.ts'

const upstreams = [
  ...[openAiChatUpstream, openAiResponsesUpstream, anthropicUpstream],
  ...[geminiUpstream, bedrockUpstream, cohereUpstream],
]

/** A quarter of what is kept of an error's body, and as much as a head has. */
const bodyBytes = 16 << 10
const headerBytes = 15 << 10

/** The time of the worst text on an idle machine is 3 ms; with the square of the length it was 300 ms. */
const cpuMsMax = 25

function leastMs(work: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < 5 && least > cpuMsMax; run++) {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1_000)
  }
  return least
}

const pieces = [
  ...['1', '1.', '.', '1s', '1m1', ' ', '\t', '\n', 'a', 'a@', '=', '-', '+1', '&', '\\', '"', '\u00b5'],
  ...['<', '</', '<a', '<title', '<title>', '<script', '<script>', '<style></', '<!--', '>'],
  ...['try again in ', 'try again in 1', 'wait  ', 'retry after 1.', 'Bearer ', 'sk-', 'model ', '{', '[', '"a":'],
]
const beginnings = ['', 'Please try again in ', 'Please try again in 1', '<html>', '<title']
const ends = ['', '.s', 'x', '\u2028']

const texts = pieces.flatMap((piece) =>
  beginnings.flatMap((beginning) => ends.map((end) => [piece, beginning, end] as const)),
)

function textOf([piece, beginning, end]: (typeof texts)[number], bytes: number): string {
  const room = bytes - beginning.length - end.length
  return `${beginning}${piece.repeat(room / piece.length)}${end}`
}

const shapes: Readonly<Record<string, (text: string) => object | string>> = {
  'the message of an error': (message) => ({ error: { message, type: 'x', code: 'y' } }),
  'the type and code of an error': (text) => ({
    type: 'error',
    error: { message: 'm', type: text, code: text, status: text },
  }),
  'the delay of RetryInfo': (retryDelay) => ({ error: { message: 'm', details: [{ retryDelay }] } }),
  'a wait in a member': (text) => ({ error: { message: 'm', retry_after: text, metadata: { retry_after: text } } }),
  'a message alone': (message) => ({ message, __type: message, Message: message }),
  'a detail': (text) => ({ detail: [{ loc: ['body'], msg: text, input: text }] }),
  'plain text': (text) => text,
}

test.each(Object.entries(shapes))(
  '%s: however hostile the text is, it is read at once',
  (_, make) => {
    for (const one of texts) {
      const made = make(textOf(one, bodyBytes - 200))
      const body = Buffer.from(typeof made === 'string' ? made : JSON.stringify(made))
      const ms = leastMs(() => {
        for (const { parseError } of upstreams) parseError(429, body)
        saidOf({ status: 500, contentType: 'application/json', body, retryAfterMs: undefined, resetMs: undefined })
      })
      expect([one, ms]).toEqual([one, expect.toSatisfy((found: number) => found < cpuMsMax * upstreams.length)])
    }
  },
  120_000,
)

test('a page is read at once', () => {
  for (const one of texts) {
    const body = Buffer.from(textOf(one, bodyBytes))
    const answer = { status: 500, contentType: 'text/html', body, retryAfterMs: undefined, resetMs: undefined }
    expect([one, leastMs(() => saidOf(answer))]).toEqual([one, expect.toSatisfy((ms: number) => ms < cpuMsMax)])
  }
}, 120_000)

test('the head of an error is read at once', () => {
  for (const one of texts) {
    const value = textOf(one, headerBytes)
    const header = () => value
    const headersLike = () => ['x-ratelimit-reset-requests', value, 'anthropic-ratelimit-tokens-reset', value]
    const head = { status: 429, header, headersLike }
    const ms = leastMs(() => {
      errorHeadOf(head, 0)
      for (const { parseError } of upstreams) parseError(429, Buffer.from('{}'), value)
    })
    expect([one, ms]).toEqual([one, expect.toSatisfy((found: number) => found < cpuMsMax)])
  }
}, 120_000)

test('a page without end marks is told without its markup all the same', () => {
  expect(keptText('a  b')).toBe('a b')
  const said = (html: string) =>
    saidOf({
      status: 500,
      contentType: 'text/html',
      body: Buffer.from(html),
      retryAfterMs: undefined,
      resetMs: undefined,
    })
  expect(said('<html><script>let a = "<b>"</script><style>a > b {}</style><h1>Bad</h1> gateway</html>')).toBe(
    'Bad gateway',
  )
  expect(said('<SCRIPT src="x">evil()</SCRIPT >Bad <!-- no -->gateway')).toBe('Bad gateway')
  expect(said('Bad <gateway')).toBe('Bad <gateway')
  expect(said('<script>never closed')).toBe('never closed')
})
