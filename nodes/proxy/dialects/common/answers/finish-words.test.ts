// Finish reasons in the words of other dialects and of hosts: proxies keep those of the provider behind them.
// Sources: docs.z.ai and api-docs.deepseek.com (`finish_reason`), docs.mistral.ai (`model_length`), HKUDS/Vibe-Trading#308 (Google's
// words at its OpenAI endpoint), docs.cohere.com (ChatFinishReason).
import { describe, expect, test } from 'vitest'
import type { FinishReason } from '../../../../../shared/chat/answer.ts'
import type { JsonObject } from '../../../../../shared/chat/parts.ts'
import { anthropicUpstream } from '../../anthropic/anthropic.ts'
import { printAnthropicFinish } from '../../anthropic/finish-reason.ts'
import { bedrockUpstream } from '../../bedrock/bedrock.ts'
import { cohereUpstream } from '../../cohere/cohere.ts'
import type { UpstreamDialect } from '../../dialect.ts'
import { geminiUpstream } from '../../gemini/gemini.ts'
import { openAiChatUpstream } from '../../openai-chat/openai-chat.ts'
import { printedNothing } from '../../test-dialects.ts'

const said = [{ type: 'text', text: 'a' }]
const answers: readonly (readonly [UpstreamDialect, (reason: string) => JsonObject])[] = [
  [openAiChatUpstream, (finish_reason) => ({ choices: [{ message: { content: 'a' }, finish_reason }] })],
  [anthropicUpstream, (stop_reason) => ({ content: said, stop_reason })],
  [geminiUpstream, (finishReason) => ({ candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason }] })],
  [bedrockUpstream, (stopReason) => ({ output: { message: { content: [{ text: 'a' }] } }, stopReason })],
  [cohereUpstream, (finish_reason) => ({ message: { content: said }, finish_reason })],
]

describe.each(answers.map(([upstream, shaped]) => [upstream.name, upstream, shaped] as const))(
  'a finish reason of %s',
  (_, upstream, shaped) => {
    test.each<[string, FinishReason]>([
      ['STOP', 'stop'],
      ['end_turn', 'stop'],
      ['something_new', 'stop'],
      ['length', 'length'],
      ['MAX_TOKENS', 'length'],
      ['max_output_tokens', 'length'],
      ['model_context_window_exceeded', 'context-length'],
      ['content_filter', 'content-filter'],
      ['SAFETY', 'content-filter'],
      ['RECITATION', 'content-filter'],
      ['sensitive', 'content-filter'],
      ['guardrail_intervened', 'content-filter'],
      ['content_filter: PROHIBITED_CONTENT', 'content-filter'],
      ['function_call_filter: MALFORMED_FUNCTION_CALL', 'stop'],
    ])('%s is %s', (raw, reason) => {
      expect(upstream.parseAnswer(shaped(raw), printedNothing)?.choices[0]?.finish).toEqual(
        expect.objectContaining({ reason, raw }),
      )
    })
  },
)

test.each(['stop_sequence', 'STOP_SEQUENCE'])(
  'a stop sequence is told to Messages callers where %s alone is told',
  (raw) => {
    expect(printAnthropicFinish({ reason: 'stop', raw })).toEqual({ stop_reason: 'stop_sequence', stop_sequence: null })
  },
)
