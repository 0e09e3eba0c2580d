// Google's JSON has two spellings of each name: `systemInstruction` and `system_instruction` are the same member.
import type { Emit } from '../../../../shared/chat/events.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'

export function member(value: JsonObject, name: string): Json {
  return value[name] ?? value[snake(name)]
}

/** The members other than `names`, in either spelling. */
export function otherMembers(value: JsonObject, names: readonly string[]): Record<string, Json> {
  const known = new Set(names.flatMap((name) => [name, snake(name)]))
  return Object.fromEntries(Object.entries(value).filter(([name, one]) => !known.has(name) && one !== null))
}

export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

// ── members of answers that have no neutral name ─────────────────────────────────────────────────────────────────────

// Members of Gemini answers that have no neutral name: `promptFeedback`, `safetyRatings`, `urlContextMetadata`. A caller of the same
// dialect whose answer is printed anew (one JSON list) gets them as they came, and sources in Google's own form with them.

const answerMembers = ['candidates', 'usageMetadata', 'modelVersion', 'responseId']
const candidateMembers = ['content', 'index', 'finishReason', 'finishMessage', 'logprobsResult']

export function emitAnswerExtras(value: JsonObject, emit: Emit): void {
  tell(otherMembers(value, answerMembers), (members) => emit({ type: 'answer-extras', of: 'answer', members }))
  const usage = member(value, 'usageMetadata')
  if (!isObject(usage)) return
  // Its counts are told as they came.
  tell(usage, (members) => emit({ type: 'answer-extras', of: 'usage', members }))
}

export function emitCandidateExtras(choice: number, candidate: JsonObject, emit: Emit): void {
  const members = otherMembers(candidate, candidateMembers)
  tell(members, (found) => emit({ type: 'choice-extras', choice, of: 'choice', members: found }))
}

function tell(members: JsonObject, emit: (members: JsonObject) => void): void {
  if (Object.keys(members).length > 0) emit(members)
}
