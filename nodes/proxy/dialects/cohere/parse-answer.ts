// Cohere's chat: parses a unary answer.
import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import type { AssistantPart, Json, JsonObject, TextPart } from '../../../../shared/chat/parts.ts'
import { isObject, objectsIn, textIn } from '../common/body-reader.ts'
import type { PrintedFacts } from '../dialect.ts'
import { readCohereCitations } from './citations.ts'
import { errorInFinish, readCohereFinish } from './finish-reason.ts'
import { readCohereUsage } from './usage.ts'

export function readCohereAnswer(body: JsonObject, { model = '' }: PrintedFacts): ChatAnswer | undefined {
  const { message, finish_reason: raw, id, usage } = body
  if (!isObject(message) || errorInFinish(raw, undefined) !== undefined) return undefined
  const content = contentOf(message['content'])
  const plan = textIn(message['tool_plan'])
  const planned: AssistantPart[] = plan === '' ? [] : [{ type: 'reasoning', text: plan }]
  const calls = objectsIn(message['tool_calls']).map(readCall)
  return {
    id: textIn(id),
    model,
    choices: [
      {
        parts: [...cited(content, objectsIn(message['citations'])), ...planned, ...calls],
        finish: readCohereFinish(raw, calls.length > 0),
      },
    ],
    usage: readCohereUsage(usage),
  }
}

function contentOf(content: Json): AssistantPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return objectsIn(content).flatMap((block): AssistantPart[] => {
    if (block['type'] === 'thinking') return [{ type: 'reasoning', text: textIn(block['thinking']) }]
    return block['type'] === 'text' ? [{ type: 'text', text: textIn(block['text']) }] : []
  })
}

/** A citation names the index of its block. Without an index it belongs to the first text. */
function cited(parts: readonly AssistantPart[], citations: readonly JsonObject[]): AssistantPart[] {
  if (citations.length === 0) return [...parts]
  const firstText = parts.findIndex(({ type }) => type === 'text')
  return parts.map((part, index) => {
    if (part.type !== 'text') return part
    const own = citations.filter(
      ({ content_index: place }) => (typeof place === 'number' ? place : firstText) === index,
    )
    const read = own.flatMap((citation) => readCohereCitations(citation, part.text))
    return read.length === 0 ? part : ({ ...part, citations: read } satisfies TextPart)
  })
}

function readCall({ id, function: called }: JsonObject): AssistantPart {
  const { name, arguments: given } = isObject(called) ? called : {}
  return { type: 'tool-call', id: textIn(id), name: textIn(name), input: inputOf(textIn(given)), form: 'function' }
}

/** A call of a tool without parameters has empty arguments, or `null`. */
export function inputOf(given: string): string {
  const told = given.trim()
  return told === '' || told === 'null' ? '{}' : given
}
