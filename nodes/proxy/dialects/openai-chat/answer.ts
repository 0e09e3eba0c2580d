// Chat completions: parses and prints unary answers.
import { append } from '../../../../shared/append.ts'
import {
  type ChatAnswer,
  type Choice,
  choicesMax,
  type Finish,
  settledReason,
  type TokenLogprob,
} from '../../../../shared/chat/answer.ts'
import type {
  AssistantPart,
  Citation,
  Json,
  JsonObject,
  MediaPart,
  ReasoningPart,
} from '../../../../shared/chat/parts.ts'
import { isObject, saidIn, textIn } from '../common/body-reader.ts'
import { openAiTier } from '../common/service-tier.ts'
import { withOwnName } from '../common/tool-names.ts'
import type { PrintedFacts, PrintFacts } from '../dialect.ts'
import { printAnnotations, printSources, readAnnotations } from '../openai/annotations.ts'
import { errorWithin } from '../openai/error.ts'
import { citedIn, readSources } from '../openai/sources.ts'
import { usageIn } from '../openai/usage.ts'
import { printUsageWith, readChoiceExtras, readExtras } from './extras.ts'
import { printFinish, readFinish } from './finish-reason.ts'
import { imagesIn, printImages } from './images.ts'
import { printToolCall } from './print-messages.ts'
import { printDetails, readReasoning } from './reasoning.ts'
import { readSignature, signatureOfTexts, withTextSignature } from './thought-signature.ts'

/** What reading an answer depends on. */
export type AnswerReading = Pick<PrintedFacts, 'toolNames' | 'keepsMembers' | 'numbersSources'>

export function readChatAnswer(body: JsonObject, reading: AnswerReading = {}): ChatAnswer | undefined {
  const { choices, id, model, created, service_tier: tier, system_fingerprint: fingerprint } = body
  if (errorWithin(body) !== undefined) return undefined
  if (!Array.isArray(choices) || choices.length === 0 || choices.length > choicesMax) return undefined
  const sources = readSources(body)
  const read = choices.map((choice) => readChoice(choice, reading, sources))
  if (!read.every((choice) => choice !== undefined)) return undefined
  return {
    id: typeof id === 'string' ? id : '',
    model: typeof model === 'string' ? model : '',
    created: typeof created === 'number' ? created : undefined,
    choices: read,
    usage: usageIn(body),
    serviceTier: saidIn(tier),
    fingerprint: saidIn(fingerprint),
    extras: reading.keepsMembers === true ? readExtras(body) : undefined,
  }
}

function readChoice(
  value: Json,
  { toolNames, keepsMembers, numbersSources }: AnswerReading,
  sources: readonly Citation[] | undefined,
): Choice | undefined {
  const message = isObject(value) ? messageIn(value) : undefined
  if (!isObject(value) || !isObject(message)) return undefined
  const said = readMessage(message).map((part) => withOwnName(part, toolNames))
  const parts = sources === undefined ? said : withSources(said, sources, numbersSources === true)
  const calledTools = parts.some(({ type }) => type === 'tool-call')
  const finish = readFinish(value['finish_reason'])
  const logprobs = readLogprobs(value['logprobs'])
  const extras = keepsMembers === true ? readChoiceExtras(value, message) : undefined
  return { parts, finish: { ...finish, reason: settledReason(finish.reason, calledTools) }, logprobs, extras }
}

/** A choice that a filter emptied may have no message. */
function messageIn({ message, finish_reason: reason }: JsonObject): Json {
  return message == null && readFinish(reason).reason === 'content-filter' ? {} : message
}

/** The sources of the answer belong to its text. */
function withSources(parts: AssistantPart[], sources: readonly Citation[], areNumbered: boolean): AssistantPart[] {
  const index = parts.findIndex(({ type }) => type === 'text')
  const part = parts[index]
  if (part?.type !== 'text') return [...parts, { type: 'text', text: '', citations: sources }]
  const cited = citedIn(areNumbered ? part.text : undefined, sources)
  return parts.with(index, { ...part, citations: [...(part.citations ?? []), ...cited] })
}

function readMessage(message: JsonObject): AssistantPart[] {
  const parts = readReasoning(message)
  const text = contentText(message['content'])
  const citations = readAnnotations(message['annotations'])
  append(parts, withTextSignature(text === '' ? [] : [{ type: 'text', text, citations }], message))
  if (typeof message['refusal'] === 'string' && message['refusal'] !== '') {
    parts.push({ type: 'refusal', text: message['refusal'] })
  }
  const audio = readAudio(message['audio'])
  if (audio !== undefined) parts.push(audio)
  append(parts, imagesIn(message))
  const { tool_calls: calls, function_call: legacy } = message
  if (Array.isArray(calls) && calls.length > 0) append(parts, calls.flatMap(readCall))
  else if (isObject(legacy)) append(parts, readCall({ id: 'call_0', function: legacy }, 0))
  return parts
}

/** The content is a text, or a list of parts some of which hold text. */
export function contentText(content: Json): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('')
}

export function readAudio(value: Json): MediaPart | undefined {
  const base64 = isObject(value) ? saidIn(value['data']) : undefined
  if (!isObject(value) || base64 === undefined) return undefined
  const transcript = saidIn(value['transcript'])
  return { type: 'audio', media: { from: 'bytes', base64, mediaType: 'audio/wav' }, transcript }
}

function readCall(value: Json, index: number): AssistantPart[] {
  if (!isObject(value)) return []
  const custom = value['custom']
  const id = typeof value['id'] === 'string' && value['id'] !== '' ? value['id'] : `call_${index}`
  const called = isObject(custom) ? custom : value['function']
  if (!isObject(called) || typeof called['name'] !== 'string') return []
  const signature = readSignature(value)
  if (isObject(custom)) {
    return [{ type: 'tool-call', form: 'custom', id, name: called['name'], input: textIn(custom['input']), signature }]
  }
  const input = called['arguments']
  // Some hosts send the arguments as an object.
  const text = isObject(input) ? JSON.stringify(input) : textIn(input)
  return [
    { type: 'tool-call', form: 'function', id, name: called['name'], input: text === '' ? '{}' : text, signature },
  ]
}

export function readLogprobs(value: Json): TokenLogprob[] | undefined {
  const content = isObject(value) ? value['content'] : undefined
  if (!Array.isArray(content) || content.length === 0) return undefined
  return content.filter(isObject).map((one) => ({
    ...readLogprob(one),
    top: Array.isArray(one['top_logprobs']) ? one['top_logprobs'].filter(isObject).map(readLogprob) : [],
  }))
}

function readLogprob(one: JsonObject): Omit<TokenLogprob, 'top'> {
  const { token, logprob, bytes } = one
  return {
    token: textIn(token),
    logprob: typeof logprob === 'number' ? logprob : 0,
    bytes: Array.isArray(bytes) ? (bytes as number[]) : null,
  }
}

// ── to a caller ──────────────────────────────────────────────────────────────────────────────────────────────────────

export function printChatAnswer(answer: ChatAnswer, { nowSeconds, requestId, asked }: PrintFacts): string {
  return JSON.stringify({
    id: answer.id === '' ? `chatcmpl-${requestId}` : answer.id,
    object: 'chat.completion',
    created: answer.created ?? nowSeconds,
    model: answer.model,
    choices: answer.choices.map((choice, index) => printChoice(choice, index, asked.legacyFunctions === true)),
    usage: answer.usage === undefined ? undefined : printUsageWith(answer.usage, answer.extras?.usage),
    service_tier: openAiTier(answer.serviceTier),
    system_fingerprint: answer.fingerprint,
    ...answer.extras?.answer,
  })
}

function printChoice({ parts, finish, logprobs, extras }: Choice, index: number, legacy: boolean): Json {
  return {
    index,
    message: { ...printMessage(parts, finish, legacy), ...extras?.message },
    logprobs: logprobs === undefined ? null : { content: logprobs.map(printLogprob), refusal: null },
    ...printFinish(finish, legacy),
    ...extras?.choice,
  }
}

const callersKnowAll = { customTools: true, thoughtSignatures: true }

function printMessage(parts: readonly AssistantPart[], finish: Finish, legacy: boolean): JsonObject {
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
  const refusal = parts.flatMap((part) => (part.type === 'refusal' ? [part.text] : [])).join('')
  const thoughts = parts.filter((part) => part.type === 'reasoning')
  const calls = parts.filter((part) => part.type === 'tool-call')
  const declined = refusal === '' ? (finish.explanation ?? null) : refusal
  const silent = calls.length > 0 || declined !== null
  return {
    role: 'assistant',
    content: text === '' && silent ? null : text,
    ...printThoughts(thoughts),
    refusal: declined,
    annotations: printAnnotations(parts),
    citations: printSources(parts),
    audio: printAudio(parts),
    images: printImages(parts),
    ...(legacy ? { function_call: legacyCall(calls[0]) } : {}),
    tool_calls: legacy || calls.length === 0 ? undefined : calls.map((call) => printToolCall(call, callersKnowAll)),
    extra_content: signatureOfTexts(parts),
  }
}

function legacyCall(call: Extract<AssistantPart, { type: 'tool-call' }> | undefined): Json {
  return call === undefined ? undefined : { name: call.name, arguments: call.input === '' ? '{}' : call.input }
}

function printThoughts(thoughts: readonly ReasoningPart[]): Record<string, Json> {
  if (thoughts.length === 0) return {}
  return { reasoning_content: thoughts.map(({ text }) => text).join(''), reasoning_details: printDetails(thoughts) }
}

function printAudio(parts: readonly AssistantPart[]): Json {
  const audio = parts.find((part): part is MediaPart => part.type === 'audio')
  if (audio?.media.from !== 'bytes') return undefined
  return { id: 'audio_0', data: audio.media.base64, transcript: audio.transcript ?? '', expires_at: 0 }
}

export function printLogprob({ top, ...one }: TokenLogprob): Json {
  return { ...one, bytes: one.bytes ?? null, top_logprobs: top }
}
