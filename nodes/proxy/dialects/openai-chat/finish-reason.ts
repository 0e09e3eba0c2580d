// Finish reasons of chat completions. Hosts have added their own; an unknown reason is read as a stop, and kept in
// `raw`.
import type { Finish, FinishReason } from '../../../../shared/chat/answer.ts'
import type { Json } from '../../../../shared/chat/parts.ts'
import { finishOfWord } from '../common/answers/finish-words.ts'

export function readFinish(value: Json): Finish {
  if (typeof value !== 'string' || value === '') return { reason: 'stop' }
  return { reason: finishOfWord(value) ?? 'stop', raw: value }
}

const words: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'context-length': 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
}

export interface PrintedFinish {
  readonly finish_reason: string
  /** The provider's finish reason, where OpenAI's says less. */
  readonly native_finish_reason?: string
}

export function printFinish({ reason, raw }: Finish, legacy: boolean): PrintedFinish {
  const word = legacy && reason === 'tool-calls' ? 'function_call' : words[reason]
  return raw === undefined || raw === word
    ? { finish_reason: word }
    : { finish_reason: word, native_finish_reason: raw }
}
