// Bedrock Converse: prints the conversation for an upstream.
import { append } from '../../../../shared/append.ts'
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type {
  AssistantPart,
  Json,
  JsonObject,
  MediaPart,
  ReasoningPart,
  ToolResultPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { continuation } from '../anthropic/prefill.ts'
import { isBlank, placeholder, toolInput } from '../anthropic/print-content.ts'
import type { ToolNames } from '../common/tool-names.ts'
import type { CachePoints } from './cache-points.ts'
import type { DocumentNames } from './document-names.ts'
import { printBedrockMedia } from './media.ts'

export interface BedrockConversation {
  readonly system: readonly Json[]
  readonly messages: readonly BedrockMessage[]
}

export interface BedrockMessage {
  readonly role: 'user' | 'assistant'
  readonly content: JsonObject[]
}

export interface ContentFacts {
  readonly names: ToolNames
  readonly documents: DocumentNames
  readonly cachePoints: CachePoints
  /** Whether tool results may hold images; for other models the images follow after the results (wire 67). */
  readonly imagesInResults: boolean
  /** Whether the model continues an answer that the caller has begun. */
  readonly takesPrefill: boolean
}

export function printBedrockConversation(
  messages: readonly Message[],
  facts: ContentFacts,
): Result<BedrockConversation, MissingCapability> {
  const system: Json[] = []
  const printed: BedrockMessage[] = []
  for (const message of messages) {
    if (message.role === 'system') {
      for (const { text, cache } of message.parts)
        if (!isBlank(text)) system.push({ text }, ...facts.cachePoints.print(cache, 'system'))
      continue
    }
    const content = printParts(message.parts, facts)
    if (!content.ok) return content
    addMessage(printed, message.role, content.value)
  }
  trimLast(printed.at(-1))
  if (printed.at(-1)?.role === 'assistant' && !facts.takesPrefill)
    printed.push({ role: 'user', content: [{ text: continuation }] })
  return done({ system, messages: withFirstTurn(printed).map(resultsFirst).map(withText) })
}

/** Bedrock requires the first message to be the user's. */
function withFirstTurn(messages: readonly BedrockMessage[]): readonly BedrockMessage[] {
  return messages[0]?.role === 'user' ? messages : [{ role: 'user', content: [{ text: placeholder }] }, ...messages]
}

/** Bedrock requires a text in a message with a document. */
function withText({ role, content }: BedrockMessage): BedrockMessage {
  const needsText = content.some((block) => 'document' in block) && !content.some((block) => 'text' in block)
  return { role, content: needsText ? [...content, { text: placeholder }] : content }
}

/** A final assistant message, which the model continues, must not end in white space. */
function trimLast(message: BedrockMessage | undefined): void {
  const text = message?.content.at(-1)?.['text']
  if (message?.role !== 'assistant' || typeof text !== 'string') return
  message.content[message.content.length - 1] = { text: text.trimEnd() }
}

/** Consecutive turns of one role are merged into one message. An empty turn is left out (wire 40, 41). */
function addMessage(printed: BedrockMessage[], role: BedrockMessage['role'], content: readonly JsonObject[]): void {
  if (content.length === 0) return
  const last = printed.at(-1)
  if (last?.role === role) append(last.content, content)
  else printed.push({ role, content: [...content] })
}

function resultsFirst({ role, content }: BedrockMessage): BedrockMessage {
  const isResult = (block: JsonObject) => 'toolResult' in block
  if (role === 'assistant' || !content.some(isResult)) return { role, content }
  return { role, content: [...content.filter(isResult), ...content.filter((block) => !isResult(block))] }
}

function printParts(
  parts: readonly (UserPart | AssistantPart)[],
  facts: ContentFacts,
): Result<JsonObject[], MissingCapability> {
  const blocks: JsonObject[] = []
  for (const part of parts) {
    const printed = printPart(part, facts)
    if (!printed.ok) return printed
    append(blocks, printed.value)
    const cache = 'cache' in part ? part.cache : undefined
    // A cache point without a block before it is refused.
    if (blocks.length > 0) append(blocks, facts.cachePoints.print(cache, 'messages'))
  }
  return done(blocks)
}

/** The blocks of a part; none for a part that has no block in this dialect, such as a text of white space. */
function printPart(part: UserPart | AssistantPart, facts: ContentFacts): Result<JsonObject[], MissingCapability> {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return done(isBlank(part.text) ? [] : [{ text: part.text }])
    case 'reasoning':
      return done(printThought(part))
    case 'tool-call': {
      const { id, name, input, form } = part
      return done([{ toolUse: { toolUseId: id, name: facts.names.write(name), input: toolInput(input, form) } }])
    }
    case 'tool-result':
      return printResult(part, facts)
    case 'opaque':
      return done([part.value])
    default:
      return printMedia(part, facts)
  }
}

/** Reasoning is sent back only to Claude, and only if it is signed or encrypted (wire 34–36). */
function printThought({ text, signature, encrypted }: ReasoningPart): JsonObject[] {
  if (signature?.family === 'anthropic') {
    return [{ reasoningContent: { reasoningText: { text, signature: signature.data } } }]
  }
  if (encrypted?.family === 'anthropic') return [{ reasoningContent: { redactedContent: encrypted.data } }]
  return []
}

function printMedia(part: MediaPart, { documents }: ContentFacts): Result<JsonObject[], MissingCapability> {
  // A document without text is refused, as other texts are.
  if (part.type === 'file' && part.media.from === 'text' && isBlank(part.media.text)) return done([])
  const block = printBedrockMedia(part, documents)
  return block.ok ? done([block.value]) : block
}

function printResult(part: ToolResultPart, facts: ContentFacts): Result<JsonObject[], MissingCapability> {
  const content: JsonObject[] = []
  const lifted: JsonObject[] = []
  for (const inner of part.parts) {
    const printed = printPart(inner, facts)
    if (!printed.ok) return printed
    const isImage = inner.type === 'image'
    if (isImage && !facts.imagesInResults) append(lifted, printed.value)
    else append(content, printed.value)
  }
  if (content.length === 0) content.push({ text: lifted.length === 0 ? '(no output)' : '(see the image)' })
  const status = part.isError === true ? { status: 'error' } : {}
  return done([{ toolResult: { toolUseId: part.callId, content, ...status } }, ...lifted])
}
