// The demo provider: an upstream within the process, so that a new user gets an answer without a key and a network. It implements
// the interface of upstreams, and the rest of the gateway treats it like any other provider.
import type { Clock, Timer } from '../../../../shared/clock.ts'
import type { ProviderKind } from '../../../../shared/config/kinds/providers/spec.ts'
import type { Upstream } from '../../upstream/upstream.ts'
import {
  type DemoAnswer,
  type DemoModel,
  type DemoRequest,
  demoAnswer,
  demoEmbedding,
  demoUsage,
  digest,
  isDemoModel,
} from './demo-answers.ts'

/** The upstream of each target. */
export function demoOr(direct: Upstream, demo: Upstream): (target: { readonly kind: ProviderKind }) => Upstream {
  return ({ kind }) => (kind === 'demo' ? demo : direct)
}

interface Handler {
  onBodySent(): void
  onHead(head: { readonly status: number; header(name: string): string | undefined }): void
  onData(chunk: Uint8Array): void
  onEnd(): void
}

interface Request {
  readonly path: string
  readonly body: readonly Uint8Array[]
}

/** Time to the first token and between tokens, of an ordinary provider and of a slow one. */
const pace = { firstMs: 60, tokenMs: 12 }
const slowPace = { firstMs: 2_000, tokenMs: 150 }

export class DemoUpstream {
  readonly #clock: Clock
  #flakyCount = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  send(request: Request, handler: Handler): { readonly sent: boolean; pause(): void; resume(): void; abort(): void } {
    const exchange = new DemoExchange(this.#clock, handler)
    const asked = JSON.parse(Buffer.concat(request.body).toString('utf8')) as DemoRequest & { model: string }
    handler.onBodySent()
    const model = asked.model
    if (!isDemoModel(model)) exchange.refuse(404, `There is no demo model ${model}.`)
    else if (model === '429') exchange.refuse(429, 'This demo model always limits the rate.', { 'retry-after': '1' })
    else if (model === 'flaky' && this.#flakyCount++ % 2 === 0)
      exchange.refuse(500, 'This demo model fails every other time.')
    else this.#answer(exchange, request.path, model, asked)
    return exchange
  }

  close(): void {}

  #answer(exchange: DemoExchange, path: string, model: DemoModel, asked: DemoRequest): void {
    const times = model === 'slow' ? slowPace : pace
    const id = digest(JSON.stringify(asked)).slice(0, 24)
    const created = Math.floor(this.#clock.wallMs() / 1_000)
    const named = { model: `demo/${model}`, created }
    if (path.endsWith('/embeddings')) exchange.json(times.firstMs, embeddings(named.model, asked))
    else if (path.endsWith('/chat/completions')) chat(exchange, times, { id: `chatcmpl-${id}`, ...named }, model, asked)
    else if (path.endsWith('/completions')) completion(exchange, times, { id: `cmpl-${id}`, ...named }, model, asked)
    else exchange.refuse(404, 'The demo provider answers chat completions, completions and embeddings.')
  }
}

interface Envelope {
  readonly id: string
  readonly model: string
  readonly created: number
}

type Times = typeof pace
type DemoUsage = ReturnType<typeof demoUsage>

function chat(exchange: DemoExchange, times: Times, envelope: Envelope, name: DemoModel, asked: DemoRequest): void {
  const answer = demoAnswer(name, asked)
  const usage = demoUsage(asked, answer.text + (answer.toolCall?.arguments ?? ''))
  if (asked.stream === true) exchange.events(times, chatChunks(envelope, answer, withUsage(asked, usage)))
  else exchange.json(wholeMs(times, usage), chatCompletion(envelope, answer, usage))
}

function chatCompletion({ id, model, created }: Envelope, { text, toolCall }: DemoAnswer, usage: DemoUsage): object {
  const message = {
    role: 'assistant',
    content: toolCall === undefined ? text : null,
    refusal: null,
    ...(toolCall === undefined ? {} : { tool_calls: [functionCall(toolCall)] }),
  }
  const choice = { index: 0, message, logprobs: null, finish_reason: finishReason(toolCall) }
  return { id, object: 'chat.completion', created, model, choices: [choice], usage }
}

function chatChunks({ id, model, created }: Envelope, { text, toolCall }: DemoAnswer, usage?: DemoUsage): object[] {
  const object = 'chat.completion.chunk'
  const delta = (content: unknown, finish: string | null = null) => {
    const choices = [{ index: 0, delta: content, logprobs: null, finish_reason: finish }]
    return { id, object, created, model, choices }
  }
  const calls = toolCall === undefined ? [] : toolDeltas(toolCall)
  return [
    delta({ role: 'assistant', content: toolCall === undefined ? '' : null }),
    ...pieces(text).map((content) => delta({ content })),
    ...calls.map((call) => delta({ tool_calls: [call] })),
    delta({}, finishReason(toolCall)),
    ...(usage === undefined ? [] : [{ id, object, created, model, choices: [], usage }]),
  ]
}

type ToolCall = NonNullable<DemoAnswer['toolCall']>

function functionCall({ id, name, arguments: text }: ToolCall): object {
  return { id, type: 'function', function: { name, arguments: text } }
}

function toolDeltas({ id, name, arguments: text }: ToolCall): object[] {
  const half = text.length >> 1
  const fragments = [text.slice(0, half), text.slice(half)].map((part) => ({ index: 0, function: { arguments: part } }))
  return [{ index: 0, ...functionCall({ id, name, arguments: '' }) }, ...fragments]
}

function finishReason(toolCall: ToolCall | undefined): string {
  return toolCall === undefined ? 'stop' : 'tool_calls'
}

function withUsage({ stream_options }: DemoRequest, usage: DemoUsage): DemoUsage | undefined {
  return stream_options?.include_usage === true ? usage : undefined
}

function wholeMs(times: Times, usage: DemoUsage): number {
  return times.firstMs + times.tokenMs * Math.min(40, usage.completion_tokens)
}

function completion(
  exchange: DemoExchange,
  times: Times,
  envelope: Envelope,
  name: DemoModel,
  asked: DemoRequest,
): void {
  const { text } = demoAnswer(name, asked)
  const usage = demoUsage(asked, text)
  if (asked.stream === true) exchange.events(times, completionChunks(envelope, text, withUsage(asked, usage)))
  else exchange.json(wholeMs(times, usage), { ...textCompletion(envelope, [textChoice(text, 'stop')]), usage })
}

function completionChunks(envelope: Envelope, text: string, usage: DemoUsage | undefined): object[] {
  return [
    ...pieces(text).map((part) => textCompletion(envelope, [textChoice(part, null)])),
    textCompletion(envelope, [textChoice('', 'stop')]),
    ...(usage === undefined ? [] : [{ ...textCompletion(envelope, []), usage }]),
  ]
}

function textCompletion({ id, model, created }: Envelope, choices: object[]): object {
  return { id, object: 'text_completion', created, model, choices }
}

function textChoice(text: string, finish: string | null): object {
  return { index: 0, text, logprobs: null, finish_reason: finish }
}

function embeddings(model: string, asked: DemoRequest) {
  const inputs = Array.isArray(asked.input) ? asked.input.map(String) : [String(asked.input)]
  const dimensions = typeof asked.dimensions === 'number' ? Math.min(4_096, Math.max(1, asked.dimensions)) : 256
  const encode = (vector: number[]) =>
    (asked as { encoding_format?: unknown }).encoding_format === 'base64'
      ? Buffer.from(new Float32Array(vector).buffer).toString('base64')
      : vector
  const data = inputs.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: encode(demoEmbedding(text, dimensions)),
  }))
  const { prompt_tokens } = demoUsage(asked, '')
  return { object: 'list', data, model, usage: { prompt_tokens, total_tokens: prompt_tokens } }
}

/** Splits a text into words with the space behind them, which resemble tokens. */
function pieces(text: string): string[] {
  return text.match(/\S+\s*/g) ?? []
}

class DemoExchange {
  readonly sent = true
  readonly #clock: Clock
  readonly #handler: Handler
  #timer: Timer | undefined
  #paused = false
  #pending: (() => void) | undefined
  #over = false

  constructor(clock: Clock, handler: Handler) {
    this.#clock = clock
    this.#handler = handler
  }

  refuse(status: number, message: string, headers: Record<string, string> = {}): void {
    const type = status === 429 ? 'requests' : status < 500 ? 'invalid_request_error' : 'server_error'
    const code = status === 429 ? 'rate_limit_exceeded' : null
    this.#later(5, () => this.#whole(status, headers, { error: { message, type, param: null, code } }))
  }

  json(afterMs: number, body: unknown): void {
    this.#later(afterMs, () => this.#whole(200, {}, body))
  }

  events(times: Times, events: readonly unknown[]): void {
    let next = 0
    const step = () => {
      if (next === 0) this.#handler.onHead(head(200, { 'content-type': 'text/event-stream' }))
      if (this.#over) return
      const event = events[next++]
      const last = event === undefined
      this.#handler.onData(Buffer.from(last ? 'data: [DONE]\n\n' : `data: ${JSON.stringify(event)}\n\n`))
      if (this.#over) return
      if (last) this.#end()
      else this.#later(next === 1 ? 0 : times.tokenMs, step)
    }
    this.#later(times.firstMs, step)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    const pending = this.#pending
    this.#pending = undefined
    pending?.()
  }

  abort(): void {
    this.#over = true
    this.#timer?.cancel()
  }

  #whole(status: number, headers: Record<string, string>, body: unknown): void {
    this.#handler.onHead(head(status, { 'content-type': 'application/json', ...headers }))
    if (this.#over) return
    this.#handler.onData(Buffer.from(JSON.stringify(body)))
    if (!this.#over) this.#end()
  }

  #end(): void {
    this.#over = true
    this.#handler.onEnd()
  }

  #later(ms: number, run: () => void): void {
    this.#timer = this.#clock.after(ms, () => {
      if (this.#over) return
      if (this.#paused) this.#pending = run
      else run()
    })
  }
}

function head(status: number, headers: Record<string, string>) {
  return { status, header: (name: string) => headers[name] }
}
