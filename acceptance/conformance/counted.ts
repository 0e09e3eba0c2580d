// What recordings say of tokens and thoughts, read by hand like their texts: apart from the gateway's own reading.
import type { Body } from './wires.ts'

/** Total input and output, thoughts and cached input within; undefined where the recording tells none. */
type Counted = readonly [input: number, output: number] | undefined

/** The token counts of a whole answer (one body) or of the events of a stream, in the named wire. */
export function countedIn(wire: string, bodies: readonly Body[]): Counted {
  const usages = bodies.flatMap((body) => [
    ...[body.usage, body.message?.usage, body.response?.usage, body.delta?.usage, body.metadata?.usage],
    ...[body.usageMetadata],
  ])
  const last = usages.findLast((usage) => usage !== undefined && usage !== null)
  return last && counters[wire]?.(last)
}

const counters: Readonly<Record<string, (usage: Body) => Counted>> = {
  // xAI counts thoughts beside what it wrote; its total has them.
  'openai-chat': ({ prompt_tokens, total_tokens }) => [prompt_tokens, total_tokens - prompt_tokens],
  'openai-responses': ({ input_tokens, output_tokens }) => [input_tokens, output_tokens],
  anthropic: (usage) => [
    usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    usage.output_tokens,
  ],
  bedrock: ({ inputTokens, totalTokens }) => [inputTokens, totalTokens - inputTokens],
  gemini: ({ promptTokenCount, totalTokenCount }) => [promptTokenCount, totalTokenCount - promptTokenCount],
  cohere: ({ tokens }) => [tokens.input_tokens, tokens.output_tokens],
}

/** The thoughts that are told in the open; empty where there are none. */
export function thoughtsIn(wire: string, bodies: readonly Body[]): string {
  const read = thinkers[wire]
  return read === undefined ? '' : bodies.flatMap((body) => read(body)).join('')
}

type Thinker = (body: Body) => readonly (string | undefined)[]

const thinkers: Readonly<Record<string, Thinker>> = {
  'openai-chat': ({ choices }) =>
    (choices ?? []).map(({ message, delta }: Body) => {
      const said = message ?? delta ?? {}
      return said.reasoning_content ?? said.reasoning
    }),
  'openai-responses': ({ output, type, response }) => {
    const items: readonly Body[] = output ?? (type === 'response.completed' ? response.output : [])
    const thoughts = items.filter((item) => item.type === 'reasoning')
    return thoughts.map(({ summary }) => summary.map(({ text }: Body) => text).join('\n\n'))
  },
  anthropic: ({ content, delta }) => [...(content ?? []).map(({ thinking }: Body) => thinking), delta?.thinking],
  bedrock: ({ output, contentBlockDelta }) => [
    ...(output?.message.content ?? []).map(({ reasoningContent }: Body) => reasoningContent?.reasoningText?.text),
    contentBlockDelta?.delta?.reasoningContent?.text,
  ],
  gemini: ({ candidates }) =>
    (candidates?.[0]?.content?.parts ?? []).map(({ thought, text }: Body) => (thought === true ? text : undefined)),
  // A plan of calls is a thought to everybody else.
  cohere: ({ message, delta }) => [
    ...[message?.tool_plan, delta?.message?.tool_plan],
    ...(Array.isArray(message?.content) ? message.content : []).map(({ thinking }: Body) => thinking),
    delta?.message?.content?.thinking,
  ],
}
