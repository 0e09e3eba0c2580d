// Gemini's generateContent: prints the unary answer for a caller.
import type { ChatAnswer, Choice, TokenLogprob } from '../../../../shared/chat/answer.ts'
import type { AssistantPart, Json, JsonObject, ReasoningPart, Sealed } from '../../../../shared/chat/parts.ts'
import { usageOf } from '../../../../shared/chat/usage.ts'
import { mediaText } from '../anthropic/answer.ts'
import { toolInput } from '../anthropic/print-content.ts'
import { printSeal } from '../common/sealed-parts.ts'
import type { PrintFacts } from '../dialect.ts'
import { printGeminiCitations } from './citations.ts'
import { printGeminiFinish } from './finish-reason.ts'
import { thoughtSignature } from './parse-content.ts'
import { printGeminiUsage } from './usage.ts'

export function printGeminiAnswer(answer: ChatAnswer, { requestId }: PrintFacts): string {
  return JSON.stringify({
    candidates: answer.choices.map(printCandidate),
    usageMetadata: { ...printGeminiUsage(answer.usage ?? usageOf({})), ...answer.extras?.usage },
    modelVersion: answer.model,
    responseId: answer.id === '' ? requestId : answer.id,
    ...answer.extras?.answer,
  })
}

function printCandidate({ parts, finish, logprobs, extras }: Choice, index: number): Json {
  return {
    content: { role: 'model', parts: parts.flatMap(printGeminiPart) },
    ...printGeminiFinish(finish),
    index,
    ...printGeminiCitations(parts),
    logprobsResult: logprobs === undefined ? undefined : printGeminiLogprobs(logprobs),
    ...extras?.choice,
  }
}

export function printGeminiPart(part: AssistantPart): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === '' && part.signature === undefined ? [] : [{ text: part.text, ...signed(part.signature) }]
    case 'refusal':
      return [{ text: part.text }]
    case 'reasoning':
      return [{ text: part.text, thought: true, ...signedThought(part) }]
    case 'tool-call': {
      const { id, name, input, form, signature } = part
      return [{ functionCall: { id, name, args: toolInput(input, form) }, ...signed(signature) }]
    }
    case 'opaque':
      return part.dialect === 'gemini' ? [part.value] : []
    default: {
      const { media, signature } = part
      if (media.from !== 'bytes') return [{ text: mediaText(part) }]
      return [{ inlineData: { mimeType: media.mediaType, data: media.base64 }, ...signed(signature) }]
    }
  }
}

function signed(signature: Sealed | undefined): JsonObject {
  return signature === undefined ? {} : { thoughtSignature: printSeal('signature', signature, thoughtSignature) }
}

function signedThought({ id, signature, encrypted }: ReasoningPart): JsonObject {
  if (signature !== undefined) return { thoughtSignature: printSeal('signature', signature, thoughtSignature, id) }
  if (encrypted === undefined) return {}
  return { thoughtSignature: printSeal('encrypted', encrypted, thoughtSignature, id) }
}

export function printGeminiLogprobs(tokens: readonly TokenLogprob[]): Json {
  const one = ({ token, logprob }: { token: string; logprob: number }) => ({ token, logProbability: logprob })
  return { chosenCandidates: tokens.map(one), topCandidates: tokens.map(({ top }) => ({ candidates: top.map(one) })) }
}
