// Stop reasons of the Anthropic Messages API.
import type { Finish, FinishReason } from '../../../../shared/chat/answer.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { finishOfWord } from '../common/answers/finish-words.ts'
import { isObject, saidIn } from '../common/body-reader.ts'

const readings: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'context-length',
  tool_use: 'tool-calls',
  pause_turn: 'pause',
  refusal: 'refusal',
}

/** `value` holds `stop_reason` and the members that explain it. */
export function readAnthropicFinish(value: JsonObject): Finish {
  const { stop_reason: raw, stop_sequence: sequence, stop_details: details } = value
  const explanation = isObject(details) ? details['explanation'] : undefined
  return {
    reason: readings[saidIn(raw) ?? ''] ?? finishOfWord(saidIn(raw) ?? '') ?? 'stop',
    raw: saidIn(raw),
    stopSequence: saidIn(sequence),
    explanation: saidIn(explanation),
  }
}

const words: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'context-length': 'model_context_window_exceeded',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
}

export function printAnthropicFinish({ reason, raw, stopSequence, explanation }: Finish): Record<string, Json> {
  const stopped = reason === 'stop' && (stopSequence !== undefined || raw?.toLowerCase() === 'stop_sequence')
  return {
    stop_reason: stopped ? 'stop_sequence' : words[reason],
    stop_sequence: stopSequence ?? null,
    ...(explanation === undefined ? {} : { stop_details: { type: 'refusal', explanation } }),
  }
}
