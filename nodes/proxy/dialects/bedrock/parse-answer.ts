// Bedrock Converse: parses a unary answer.
import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import type { AssistantPart, Citation, Json, JsonObject, ReasoningPart } from '../../../../shared/chat/parts.ts'
import { isObject, saidIn } from '../common/body-reader.ts'
import type { PrintedFacts } from '../dialect.ts'
import { readBedrockFinish } from './finish-reason.ts'
import { readBedrockUsage } from './usage.ts'

/** The answer does not name its model, so the requested model is reported. */
export function readBedrockAnswer(body: JsonObject, { toolNames, model = '' }: PrintedFacts): ChatAnswer | undefined {
  const message = isObject(body['output']) ? body['output']['message'] : undefined
  const content = isObject(message) ? (message['content'] ?? []) : undefined
  if (!Array.isArray(content) || (content.length === 0 && saidIn(body['stopReason']) === undefined)) return undefined
  const parts = content.filter(isObject).flatMap((block) => readBlock(block, toolNames))
  const calledTools = parts.some(({ type }) => type === 'tool-call')
  return {
    id: '',
    model,
    choices: [{ parts, finish: readBedrockFinish(body['stopReason'], calledTools) }],
    usage: readBedrockUsage(body),
  }
}

function readBlock(block: JsonObject, toolNames: PrintedFacts['toolNames']): AssistantPart[] {
  const { text, toolUse, reasoningContent, citationsContent } = block
  if (typeof text === 'string') return [{ type: 'text', text }]
  if (isObject(toolUse)) {
    const name = String(toolUse['name'] ?? '')
    const input = JSON.stringify(toolUse['input'] ?? {})
    const id = String(toolUse['toolUseId'] ?? '')
    return [{ type: 'tool-call', id, name: toolNames?.get(name) ?? name, input, form: 'function' }]
  }
  if (isObject(reasoningContent)) return [readThought(reasoningContent)]
  if (isObject(citationsContent)) return [readCited(citationsContent)]
  return [{ type: 'opaque', dialect: 'bedrock', value: block }]
}

function readThought({ reasoningText, redactedContent }: JsonObject): ReasoningPart {
  if (typeof redactedContent === 'string' && redactedContent !== '') {
    return { type: 'reasoning', text: '', encrypted: { family: 'anthropic', data: redactedContent } }
  }
  const { text, signature } = isObject(reasoningText) ? reasoningText : {}
  return {
    type: 'reasoning',
    text: typeof text === 'string' ? text : '',
    signature: typeof signature === 'string' && signature !== '' ? { family: 'anthropic', data: signature } : undefined,
  }
}

function readCited({ content, citations }: JsonObject): AssistantPart {
  const texts = Array.isArray(content) ? content.filter(isObject).map(({ text }) => String(text ?? '')) : []
  const cited = Array.isArray(citations) ? citations.filter(isObject).map(readBedrockCitation) : []
  return { type: 'text', text: texts.join(''), citations: cited.length === 0 ? undefined : cited }
}

export function readBedrockCitation(value: JsonObject): Citation {
  const { title, sourceContent, location } = value
  const web = isObject(location) && isObject(location['web']) ? location['web'] : {}
  const cited = Array.isArray(sourceContent)
    ? sourceContent.filter(isObject).map(({ text }: { text?: Json }) => String(text ?? ''))
    : []
  return {
    url: saidIn(web['url']),
    title: saidIn(title),
    citedText: cited.length === 0 ? undefined : cited.join(''),
    raw: { dialect: 'bedrock', value },
  }
}
