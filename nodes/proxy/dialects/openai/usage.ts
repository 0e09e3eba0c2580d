// Token counts of OpenAI's answers: prompt and completion tokens in chat and completions, input and output tokens in
// Responses. `usage-places.ts` says where hosts that speak OpenAI's dialect put them otherwise.
import { mediaTokens, tierOf, tokenCount, type Usage, usageOf } from '../../../../shared/chat/usage.ts'
import { cachedPlaces, callsIn, callsInOutput, statedNanoUsd, usageObjectIn } from './usage-places.ts'

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
  const input = tokenCount(usage['prompt_tokens']) ?? tokenCount(usage['input_tokens'])
  const output = tokenCount(usage['completion_tokens']) ?? tokenCount(usage['output_tokens'])
  const total = tokenCount(usage['total_tokens'])
  if (input === undefined && output === undefined) return total === undefined ? undefined : usageOf({ input: total })
  return detailed(usage, input ?? 0, output ?? 0, total)
}

function detailed(usage: Record<string, unknown>, input: number, output: number, total: number | undefined): Usage {
  const inputs = detailsOf(usage, inputDetails)
  const outputs = detailsOf(usage, outputDetails)
  const written = countIn(inputs, 'cache_write_tokens') ?? 0
  const reasoning = countIn(outputs, 'reasoning_tokens') ?? tokenCount(usage['reasoning_tokens']) ?? 0
  const isApart = reasoningIsApart(reasoning, { input, output, total })
  return {
    input,
    output: isApart ? output + reasoning : output,
    cached: Math.min(countIn(inputs, 'cached_tokens') ?? firstCount(usage, cachedPlaces) ?? 0, input),
    cacheWrite5m: Math.min(written, input),
    cacheWrite1h: 0,
    reasoning: isApart ? reasoning : Math.min(reasoning, output),
    media: mediaIn(inputs, outputs, { input, output }),
    tier: undefined,
    calls: callsIn(usage),
    statedNanoUsd: statedNanoUsd(usage),
  }
}

/** Some hosts count reasoning beside the output instead of within it: their total shows which, or the reasoning is longer than all of
 *  the output. */
function reasoningIsApart(
  reasoning: number,
  { input, output, total }: { input: number; output: number; total: number | undefined },
): boolean {
  return reasoning > 0 && (total === input + output + reasoning || reasoning > output)
}

const inputDetails = ['prompt_tokens_details', 'input_tokens_details', 'input_token_details']
const outputDetails = ['completion_tokens_details', 'output_tokens_details', 'output_token_details']

function detailsOf(usage: Record<string, unknown>, names: readonly string[]): unknown {
  for (const name of names) if (isRecord(usage[name])) return usage[name]
  return undefined
}

function mediaIn(inputs: unknown, outputs: unknown, { input, output }: { input: number; output: number }) {
  const cached = isRecord(inputs) ? inputs['cached_tokens_details'] : undefined
  return mediaTokens({
    audioInput: Math.min(countIn(inputs, 'audio_tokens') ?? 0, input),
    imageInput: Math.min(countIn(inputs, 'image_tokens') ?? 0, input),
    audioOutput: Math.min(countIn(outputs, 'audio_tokens') ?? 0, output),
    imageOutput: Math.min(countIn(outputs, 'image_tokens') ?? 0, output),
    cachedAudio: countIn(cached, 'audio_tokens'),
    cachedImage: countIn(cached, 'image_tokens'),
  })
}

function firstCount(usage: Record<string, unknown>, names: readonly string[]): number | undefined {
  for (const name of names) {
    const count = tokenCount(usage[name])
    if (count !== undefined) return count
  }
  return undefined
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
