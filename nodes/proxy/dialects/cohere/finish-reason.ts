// Finish reasons of Cohere.
import { type Finish, type FinishReason, settledReason } from '../../../../shared/chat/answer.ts'
import type { ChatError } from '../../../../shared/chat/error.ts'
import type { Json } from '../../../../shared/chat/parts.ts'
import { finishOfWord } from '../common/answers/finish-words.ts'

const readings: Readonly<Record<string, FinishReason>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  ERROR_LIMIT: 'context-length',
  TOOL_CALL: 'tool-calls',
  ERROR_TOXIC: 'content-filter',
}

export function readCohereFinish(raw: Json, calledTools: boolean): Finish {
  if (typeof raw !== 'string' || raw === '') return { reason: settledReason('stop', calledTools) }
  return { reason: settledReason(readings[raw] ?? finishOfWord(raw) ?? 'stop', calledTools), raw }
}

/** Some finish reasons mean that there is no answer. */
export function errorInFinish(raw: Json, message: Json): ChatError | undefined {
  if (raw !== 'ERROR' && raw !== 'TIMEOUT') return undefined
  const said = typeof message === 'string' && message !== '' ? message : undefined
  const isLate = raw === 'TIMEOUT'
  const told = isLate ? 'The upstream ran out of time.' : 'The upstream failed while it answered.'
  return { kind: isLate ? 'timeout' : 'server', message: said ?? told, code: raw }
}
