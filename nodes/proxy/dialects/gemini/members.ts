// Google's JSON has two spellings of each name: `systemInstruction` and `system_instruction` are the same member.
import type { Emit } from '../../../../shared/chat/events.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { absent, isObject } from '../common/body-reader.ts'
import { type Inner, type Shape, shape, unknownMembers } from '../common/known-members.ts'

export function member(value: JsonObject, name: string): Json {
  const own = value[name]
  return absent(own) ? (value[snake(name)] ?? own) : own
}

/** The first member that stands here in both spellings: readers would take either. */
export function spelledTwice(value: JsonObject): string | undefined {
  return Object.keys(value).find((name) => snake(name) !== name && Object.hasOwn(value, snake(name)))
}

/** The members other than `names`, in either spelling. */
export function otherMembers(value: JsonObject, names: readonly string[]): Record<string, Json> {
  const known = new Set(names.flatMap((name) => [name, snake(name)]))
  return Object.fromEntries(Object.entries(value).filter(([name, one]) => !known.has(name) && !absent(one)))
}

function snake(name: string): string {
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

// ── members of requests that are read ────────────────────────────────────────────────────────────────────────────────

function spelled(label: string, members: string, within: Readonly<Record<string, Inner>> = {}): Shape {
  const both = members.split(' ').flatMap((name) => [name, snake(name)])
  const inner = Object.entries(within).flatMap(([name, one]) => [[name, one] as const, [snake(name), one] as const])
  return shape(label, both.join(' '), Object.fromEntries(inner))
}

const media = { inlineData: spelled('inlineData', 'mimeType data'), fileData: spelled('fileData', 'mimeType fileUri') }

const partShape = spelled('parts', 'text thought thoughtSignature', {
  ...media,
  functionCall: spelled('functionCall', 'id name args'),
  functionResponse: spelled('functionResponse', 'id name response', { parts: spelled('parts', 'text', media) }),
})

const readKinds = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse']

/** A part of another kind is passed on, or refused, as a whole. */
function partOrNone(part: JsonObject): Shape | undefined {
  return readKinds.some((kind) => member(part, kind) !== undefined) ? partShape : undefined
}

const contents = spelled('contents', 'role', { parts: partOrNone })

const functions = spelled('functionDeclarations', 'name description parameters parametersJsonSchema')

const toolConfig = spelled('toolConfig', '', {
  functionCallingConfig: spelled('toolConfig.functionCallingConfig', 'mode allowedFunctionNames'),
})

export function unknownInContents(body: JsonObject): string[] {
  const tools = Array.isArray(body['tools']) ? body['tools'].filter(isObject) : []
  return [
    ...unknownMembers(member(body, 'systemInstruction'), contents),
    ...unknownMembers(body['contents'], contents),
    ...unknownMembers(member(body, 'toolConfig'), toolConfig),
    ...tools.flatMap((tool) => unknownMembers(member(tool, 'functionDeclarations'), functions)),
  ]
}
