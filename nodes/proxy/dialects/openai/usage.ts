// Token counts of OpenAI's answers: prompt and completion tokens in chat and completions, input and output tokens in
// Responses. `usage-places.ts` says where hosts that speak OpenAI's dialect put them otherwise.
import { type MediaTokens, tierOf, tokenCount, type Usage, usageOf } from '../../../../shared/chat/usage.ts'
import { cachedBeside, callsIn, callsInOutput, statedNanoUsd, usageObjectIn } from './usage-places.ts'

/** The usage that a body, an event or a `response` reports, with the service tier that it names. */
export function usageIn(body: Record<string, unknown>): Usage | undefined {
  const usage = parseUsage(usageObjectIn(body))
  if (usage !== undefined) usage.tier = tierOf(body['service_tier'])
  return usage
}

/** The usage of a response, with the searches in its output. */
export function usageOfResponse(response: Record<string, unknown>): Usage | undefined {
  const usage = usageIn(response)
  if (usage !== undefined) usage.calls ??= callsInOutput(response['output'])
  return usage
}

/** Parses a `usage` member; undefined when it is not one. Negative and absurd numbers are ignored. */
export function parseUsage(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined
  const input = eitherOf(usage, 'prompt_tokens', 'input_tokens')
  const output = eitherOf(usage, 'completion_tokens', 'output_tokens')
  const total = tokenCount(usage['total_tokens'])
  if (input === undefined && output === undefined) return withoutParts(usage, total)
  return detailed(usage, input ?? 0, output ?? 0, total)
}

/** A count under one of its two names. Proxies that write both leave one of them 0. */
function eitherOf(usage: Record<string, unknown>, name: string, other: string): number | undefined {
  const count = tokenCount(usage[name])
  return count === undefined || count === 0 ? (tokenCount(usage[other]) ?? count) : count
}

/** xAI states the cost of pictures without a count of tokens. */
function withoutParts(usage: Record<string, unknown>, total: number | undefined): Usage | undefined {
  if (total !== undefined) return usageOf({ input: total })
  return usage['cost_in_usd_ticks'] === undefined ? undefined : usageOf({ statedNanoUsd: statedNanoUsd(usage) })
}

function detailed(usage: Record<string, unknown>, input: number, output: number, total: number | undefined): Usage {
  const inputs = usage['prompt_tokens_details'] ?? usage['input_tokens_details'] ?? usage['input_token_details']
  const outputs = usage['completion_tokens_details'] ?? usage['output_tokens_details'] ?? usage['output_token_details']
  const cached = countIn(inputs, 'cached_tokens') ?? cachedBeside(usage) ?? 0
  const written = countIn(inputs, 'cache_write_tokens') ?? 0
  const reasoning = countIn(outputs, 'reasoning_tokens') ?? tokenCount(usage['reasoning_tokens']) ?? 0
  const all = fitted({ input, output, beside: cached + written, reasoning }, total ?? 0)
  return {
    input: all.input,
    output: all.output,
    cached: Math.min(cached, all.input),
    cacheWrite5m: Math.min(written, all.input),
    cacheWrite1h: 0,
    reasoning: Math.min(all.reasoning, all.output),
    media: mediaIn(inputs, outputs),
    tier: undefined,
    calls: callsIn(usage),
    statedNanoUsd: statedNanoUsd(usage),
  }
}

/** The counts, of which the total tells what is within what. `beside`: what the cache read and wrote, which some proxies count beside the
 *  input, as Anthropic does. Reasoning is beside the output at some hosts, and untold at Google's OpenAI endpoint, whose total alone has
 *  it (MartialBE/one-hub#795). */
function fitted(
  { input, output, beside, reasoning }: { input: number; output: number; beside: number; reasoning: number },
  total: number,
) {
  const more = total - input - output
  if (beside > 0 && more === beside) return { input: input + beside, output, reasoning }
  if (reasoning > 0) {
    const isApart = more === reasoning || reasoning > output
    return { input, output: isApart ? output + reasoning : output, reasoning }
  }
  return output > 0 && more > 0 ? { input, output: output + more, reasoning: more } : { input, output, reasoning }
}

/** Most answers are text alone: they cost no object. */
function mediaIn(inputs: unknown, outputs: unknown): MediaTokens | undefined {
  const audioInput = countIn(inputs, 'audio_tokens') ?? 0
  const imageInput = countIn(inputs, 'image_tokens') ?? 0
  const audioOutput = countIn(outputs, 'audio_tokens') ?? 0
  const imageOutput = countIn(outputs, 'image_tokens') ?? 0
  if (audioInput + imageInput + audioOutput + imageOutput === 0) return undefined
  const cached = isRecord(inputs) ? inputs['cached_tokens_details'] : undefined
  const [cachedAudio, cachedImage] = [countIn(cached, 'audio_tokens'), countIn(cached, 'image_tokens')]
  return { audioInput, imageInput, audioOutput, imageOutput, cachedAudio, cachedImage }
}

function countIn(details: unknown, name: string): number | undefined {
  return isRecord(details) ? tokenCount(details[name]) : undefined
}

/** Prints usage for chat completions and legacy completions. */
export function printUsage({ input, output, cached, cacheWrite5m, cacheWrite1h, reasoning, media }: Usage): object {
  const written = cacheWrite5m + cacheWrite1h
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: {
      cached_tokens: cached,
      cache_write_tokens: written,
      audio_tokens: media?.audioInput,
      image_tokens: media?.imageInput,
    },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: media?.audioOutput,
      image_tokens: media?.imageOutput,
    },
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
