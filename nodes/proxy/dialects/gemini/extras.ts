// Members of Gemini answers that have no neutral name: `promptFeedback`, `safetyRatings`, `urlContextMetadata`. A caller of the same
// dialect whose answer is printed anew (one JSON list) gets them as they came, and sources in Google's own form with them.
import type { Emit } from '../../../../shared/chat/events.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'
import { member, otherMembers } from './members.ts'

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
