// Stop reasons of Bedrock Converse.
import { type Finish, type FinishReason, settledReason } from '../../../../shared/chat/answer.ts'
import type { Json } from '../../../../shared/chat/parts.ts'
import { finishOfWord } from '../common/answers/finish-words.ts'

const readings: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'context-length',
  tool_use: 'tool-calls',
  guardrail_intervened: 'content-filter',
  content_filtered: 'content-filter',
  malformed_model_output: 'stop',
  malformed_tool_use: 'stop',
}

export function readBedrockFinish(raw: Json, calledTools: boolean): Finish {
  if (typeof raw !== 'string') return { reason: settledReason('stop', calledTools) }
  return { reason: settledReason(readings[raw] ?? finishOfWord(raw) ?? 'stop', calledTools), raw }
}
