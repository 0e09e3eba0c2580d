// The tokens of sound and pictures, and searches, as callers of each dialect are told them.
import { expect, test } from 'vitest'
import { usageOf } from '../../../shared/chat/usage.ts'
import { printAnthropicUsage, readAnthropicUsage, usageOfAnthropic } from './anthropic/usage.ts'
import { readBedrockUsage } from './bedrock/usage.ts'
import { printGeminiUsage, readGeminiUsage } from './gemini/usage.ts'
import { parseUsage, printUsage } from './openai/usage.ts'

const media = { audioInput: 60, imageInput: 10, audioOutput: 4, imageOutput: 2 }
const usage = usageOf({ input: 100, output: 20, reasoning: 5, media })

test('a chat caller is told them among the details', () => {
  expect(printUsage(usage)).toMatchObject({
    prompt_tokens_details: { audio_tokens: 60, image_tokens: 10 },
    completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 4, image_tokens: 2 },
  })
  expect(parseUsage(printUsage(usage))).toMatchObject({ ...usage })
})

test('a Gemini caller is told them by modality', () => {
  const printed = printGeminiUsage(usage)
  expect(printed).toMatchObject({
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 30 },
      { modality: 'AUDIO', tokenCount: 60 },
      { modality: 'IMAGE', tokenCount: 10 },
    ],
    candidatesTokensDetails: [
      { modality: 'TEXT', tokenCount: 9 },
      { modality: 'AUDIO', tokenCount: 4 },
      { modality: 'IMAGE', tokenCount: 2 },
    ],
  })
  expect(readGeminiUsage(printed)).toMatchObject({ ...usage })
})

test('an answer of text alone is told as before', () => {
  const plain = usageOf({ input: 3, output: 4 })
  expect(JSON.stringify(printUsage(plain))).not.toMatch(/audio|image/)
  expect(Object.keys(printGeminiUsage(plain))).toEqual(['promptTokenCount', 'candidatesTokenCount', 'totalTokenCount'])
  expect(Object.keys(printAnthropicUsage(plain))).not.toContain('server_tool_use')
})

test('a Messages caller is told the searches', () => {
  const searched = usageOf({ input: 3, output: 4, calls: { webSearches: 2 } })
  const printed = printAnthropicUsage(searched)
  expect(printed).toMatchObject({ server_tool_use: { web_search_requests: 2 } })
  const counts = readAnthropicUsage(JSON.parse(JSON.stringify(printed)))
  expect(counts === undefined ? undefined : usageOfAnthropic(counts)).toMatchObject({ calls: { webSearches: 2 } })
})

// source: @google/genai, GenerateContentResponseUsageMetadata and UsageMetadata
test.each([
  [{ serviceTier: 'flex' }, 'flex'],
  [{ serviceTier: 'standard' }, 'standard'],
  [{ serviceTier: 'unspecified' }, undefined],
  [{ trafficType: 'ON_DEMAND' }, 'standard'],
  [{ trafficType: 'ON_DEMAND_FLEX' }, 'flex'],
  [{ trafficType: 'ON_DEMAND_PRIORITY' }, 'priority'],
  [{ trafficType: 'PROVISIONED_THROUGHPUT' }, 'provisioned_throughput'],
  [{ trafficType: 'TRAFFIC_TYPE_UNSPECIFIED' }, undefined],
])('Google says %j: the tier is %s', (told, tier) => {
  expect(readGeminiUsage({ promptTokenCount: 1, ...told })?.tier).toBe(tier)
})

test('Google counts cached sound apart, and what tools have sent with the prompt', () => {
  const read = readGeminiUsage({
    promptTokenCount: 100,
    toolUsePromptTokenCount: 20,
    cachedContentTokenCount: 50,
    promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 60 }],
    toolUsePromptTokensDetails: [{ modality: 'IMAGE', tokenCount: 7 }],
    cacheTokensDetails: [
      { modality: 'TEXT', tokenCount: 20 },
      { modality: 'AUDIO', tokenCount: 30 },
    ],
  })
  expect(read).toMatchObject({ input: 120, cached: 50 })
  expect(read?.media).toMatchObject({ audioInput: 60, imageInput: 7, cachedAudio: 30, cachedImage: 0 })
})

// source: @aws-sdk/client-bedrock-runtime, ConverseResponse and ConverseStreamMetadataEvent
test.each([
  [{ type: 'flex' }, 'flex'],
  [{ type: 'default' }, 'standard'],
  [undefined, undefined],
])('Bedrock says %j: the tier is %s', (serviceTier, tier) => {
  const counts = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
  expect(readBedrockUsage({ usage: counts, serviceTier })?.tier).toBe(tier)
})

// source: @anthropic-ai/sdk, BetaUsage
test.each([
  [{ service_tier: 'standard', speed: 'fast' }, 'fast'],
  [{ service_tier: 'standard', speed: 'standard' }, 'standard'],
  [{ service_tier: 'batch', speed: null }, 'batch'],
  [{}, undefined],
])('Anthropic says %j: the tier is %s', (told, tier) => {
  const counts = readAnthropicUsage({ input_tokens: 1, output_tokens: 1, ...told })
  expect(counts?.tier).toBe(tier)
  expect(readAnthropicUsage({ output_tokens: 5 }, counts)?.tier).toBe(tier)
})
