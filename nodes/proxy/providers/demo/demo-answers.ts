// The answers of the demo models. They depend on the request alone, so that tests can use them.
import { createHash } from 'node:crypto'

export const demoModels = ['echo', 'slow', 'flaky', '429', 'tools', 'pii', 'embed'] as const
export type DemoModel = (typeof demoModels)[number]

export function isDemoModel(name: string): name is DemoModel {
  return (demoModels as readonly string[]).includes(name)
}

export interface DemoRequest {
  readonly messages?: readonly { readonly role?: unknown; readonly content?: unknown }[]
  readonly prompt?: unknown
  readonly input?: unknown
  readonly tools?: readonly { readonly function?: { readonly name?: unknown; readonly parameters?: unknown } }[]
  readonly stream?: unknown
  readonly stream_options?: { readonly include_usage?: unknown } | null
  readonly dimensions?: unknown
}

export interface DemoAnswer {
  readonly text: string
  readonly toolCall?: { readonly id: string; readonly name: string; readonly arguments: string }
}

const piiAnswer =
  'You can reach Erika Mustermann at erika.mustermann@example.com or +49 30 901820; her card 4111 1111 1111 1111 expires 04/29.'

export function demoAnswer(model: DemoModel, request: DemoRequest): DemoAnswer {
  const asked = lastText(request)
  if (model === 'pii') return { text: piiAnswer }
  if (model !== 'tools') return { text: `You said: ${asked === '' ? 'nothing' : asked}` }
  const name = request.tools?.[0]?.function?.name
  if (typeof name !== 'string') return { text: 'Send a tool with the request and I will call it.' }
  const last = request.messages?.at(-1)
  if (last?.role === 'tool') return { text: `The tool said: ${asked}` }
  return {
    text: '',
    toolCall: { id: `call_${digest(asked + name).slice(0, 16)}`, name, arguments: argumentsFor(request, asked) },
  }
}

/** Makes an argument for each property of the tool's schema, from the words of the question. */
function argumentsFor(request: DemoRequest, asked: string): string {
  const schema = request.tools?.[0]?.function?.parameters as
    | { properties?: Record<string, { type?: unknown }> }
    | undefined
  const words = asked.match(/[\p{L}\p{N}]+/gu) ?? ['demo']
  const entries = Object.entries(schema?.properties ?? {}).map(([name, property], i) => {
    if (property.type === 'number' || property.type === 'integer') return [name, 1]
    if (property.type === 'boolean') return [name, true]
    return [name, words[words.length - 1 - (i % words.length)]]
  })
  return JSON.stringify(Object.fromEntries(entries))
}

function lastText(request: DemoRequest): string {
  const last = request.messages?.at(-1)?.content ?? request.prompt ?? lastInput(request.input)
  return contentText(last)
}

function lastInput(input: unknown): unknown {
  if (!Array.isArray(input)) return input
  const last: unknown = input.at(-1)
  return typeof last === 'object' && last !== null && 'content' in last ? last.content : last
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: unknown) => (typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : ''))
    .join('')
}

/** Estimates tokens without a tokenizer: four characters each. The demo provider costs nothing. */
export function demoTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4))
}

export function demoUsage(request: DemoRequest, answer: string) {
  const input = demoTokens(JSON.stringify(request.messages ?? request.prompt ?? request.input ?? ''))
  const output = demoTokens(answer)
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
}

/** Makes a unit vector that is the same for the same text. */
export function demoEmbedding(text: string, dimensions: number): number[] {
  const vector: number[] = []
  for (let block = 0; vector.length < dimensions; block++) {
    const bytes = createHash('sha256').update(`${block} ${text}`).digest()
    for (let i = 0; i + 1 < bytes.length && vector.length < dimensions; i += 2) vector.push(bytes.readInt16BE(i))
  }
  const length = Math.hypot(...vector)
  return vector.map((x) => Number((x / length).toFixed(8)))
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
