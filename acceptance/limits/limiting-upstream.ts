// A provider that limits tokens in a minute with a bucket of its own, rejects what does not fit, and tells its limits in headers as OpenAI
// or Anthropic do.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sleep } from '../until.ts'

export interface LimitingUpstream {
  readonly url: string
  readonly counts: LimitingCounts
  stop(): Promise<void>
}

/** Tokens that were taken, requests, and rejections among them. */
export interface LimitingCounts {
  taken: number
  requests: number
  rejections: number
}

export interface LimitingOptions {
  readonly tokensPerMinute: number
  /** What is left at the start. */
  readonly left?: number
  readonly delayMs?: number
}

interface Asked {
  readonly max_tokens?: number
  readonly messages?: readonly { content: string }[]
  readonly stream?: boolean
}

const minuteMs = 60_000
/** Each answer has so many tokens. */
const outputTokens = 20

export async function startLimitingUpstream(options: LimitingOptions): Promise<LimitingUpstream> {
  const provider = new LimitingProvider(options)
  const server = createServer((request, response) => {
    void bodyOf(request).then((asked) => provider.answer(asked, request.url?.endsWith('/messages') === true, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: provider.counts,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

class LimitingProvider {
  readonly counts: LimitingCounts = { taken: 0, requests: 0, rejections: 0 }
  readonly #limit: number
  readonly #delayMs: number
  #left: number
  #filledMs = performance.now()

  constructor({ tokensPerMinute, left = tokensPerMinute, delayMs = 30 }: LimitingOptions) {
    this.#limit = tokensPerMinute
    this.#left = left
    this.#delayMs = delayMs
  }

  async answer(asked: Asked, isAnthropic: boolean, response: ServerResponse): Promise<void> {
    const input = Math.ceil((asked.messages ?? []).reduce((sum, { content }) => sum + content.length, 0) / 4)
    // OpenAI counts the cap of the answer, Anthropic its length.
    const counted = input + (isAnthropic ? outputTokens : (asked.max_tokens ?? outputTokens))
    const isTaken = this.#take(counted)
    const headers = { ...(isAnthropic ? this.#anthropicHeaders() : this.#openAiHeaders()) }
    if (!isTaken) return this.#reject(counted, headers, response)
    await sleep(this.#delayMs)
    if (asked.stream === true) return stream(response, headers, input)
    response.writeHead(200, { ...headers, 'content-type': 'application/json' })
    response.end(JSON.stringify(isAnthropic ? anthropicAnswer(input) : openAiAnswer(input)))
  }

  #take(counted: number): boolean {
    const nowMs = performance.now()
    this.#left = Math.min(this.#limit, this.#left + ((nowMs - this.#filledMs) * this.#limit) / minuteMs)
    this.#filledMs = nowMs
    const { counts } = this
    counts.requests++
    if (this.#left < counted) {
      counts.rejections++
      return false
    }
    this.#left -= counted
    counts.taken += counted
    return true
  }

  #reject(counted: number, headers: Record<string, string>, response: ServerResponse): void {
    const waitSeconds = Math.ceil((((counted - this.#left) / this.#limit) * minuteMs) / 1_000)
    const error = { type: 'rate_limit_error', message: 'Too many tokens.', code: 'rate_limit_exceeded' }
    response.writeHead(429, { ...headers, 'content-type': 'application/json', 'retry-after': String(waitSeconds) })
    response.end(JSON.stringify({ type: 'error', error }))
  }

  get #fullInMs(): number {
    return (1 - this.#left / this.#limit) * minuteMs
  }

  #openAiHeaders(): Record<string, string> {
    return {
      'x-ratelimit-limit-tokens': String(this.#limit),
      'x-ratelimit-remaining-tokens': String(Math.max(0, Math.floor(this.#left))),
      'x-ratelimit-reset-tokens': `${(this.#fullInMs / 1_000).toFixed(3)}s`,
    }
  }

  #anthropicHeaders(): Record<string, string> {
    return {
      'anthropic-ratelimit-tokens-limit': String(this.#limit),
      'anthropic-ratelimit-tokens-remaining': String(Math.max(0, Math.floor(this.#left))),
      'anthropic-ratelimit-tokens-reset': new Date(Date.now() + this.#fullInMs).toISOString(),
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}') as Asked
}

function stream(response: ServerResponse, headers: Record<string, string>, input: number): void {
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' })
  const { usage, choices, ...facts } = openAiAnswer(input)
  const chunk = (delta: object, more: object = {}) =>
    response.write(
      `data: ${JSON.stringify({ ...facts, object: 'chat.completion.chunk', choices: [{ index: 0, delta, ...more }] })}\n\n`,
    )
  chunk({ role: 'assistant', content: choices[0]?.message.content ?? '' })
  chunk({}, { finish_reason: 'stop' })
  response.end(`data: ${JSON.stringify({ ...facts, choices: [], usage })}\n\ndata: [DONE]\n\n`)
}

function openAiAnswer(input: number) {
  return {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: input, completion_tokens: outputTokens, total_tokens: input + outputTokens },
  }
}

function anthropicAnswer(input: number) {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text: 'Hello.' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: input, output_tokens: outputTokens },
  }
}
