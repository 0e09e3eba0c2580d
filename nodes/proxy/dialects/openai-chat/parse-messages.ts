// Chat completions: parses the conversation of a caller.
import { append } from '../../../../shared/append.ts'
import type {
  AssistantPart,
  CacheMarker,
  Json,
  JsonObject,
  ToolCallPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'
import { type BodyReader, saidIn } from '../common/body-reader.ts'
import { readCache, withOuterMarker } from '../common/cache-control.ts'
import { MergedTurns } from '../common/merged-turns.ts'
import { readChatPart, readChatText } from './parts.ts'
import { readReasoning } from './reasoning.ts'
import { readSignature, withTextSignature } from './thought-signature.ts'

export function readChatMessages(reader: BodyReader, value: Json): Message[] {
  const turns = new MergedTurns('apart')
  const calls = new LegacyCalls()
  for (const [i, item] of reader.list(value, 'messages').entries()) {
    const path = `messages[${i}]`
    const object = reader.object(item, path)
    const message = readMessage(reader, object, path, calls)
    if (message !== undefined) turns.add(withMarker(message, readCache(object['cache_control'])))
  }
  return turns.messages
}

function readMessage(reader: BodyReader, message: JsonObject, path: string, calls: LegacyCalls): Message | undefined {
  const { role, content } = message
  const name = reader.maybeText(message['name'], `${path}.name`)
  switch (role) {
    case 'system':
    case 'developer':
      return {
        role: 'system',
        developer: role === 'developer',
        parts: readChatText(reader, content, `${path}.content`),
      }
    case 'user':
      return { role, name, parts: readUserParts(reader, content, `${path}.content`) }
    case 'assistant':
      return { role, name, parts: readAssistant(reader, message, path, calls) }
    case 'tool':
      return readResult(reader, message, path, reader.text(message['tool_call_id'], `${path}.tool_call_id`))
    case 'function':
      return readResult(reader, message, path, calls.idOf(name ?? ''))
    default:
      reader.wrong(`${path}.role`, 'must be system, developer, user, assistant or tool')
      return undefined
  }
}

function readUserParts(reader: BodyReader, content: Json, path: string): UserPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return reader.list(content, path).map((part, i) => readChatPart(reader, part, `${path}[${i}]`))
}

function readAssistant(reader: BodyReader, message: JsonObject, path: string, calls: LegacyCalls): AssistantPart[] {
  const parts: AssistantPart[] = readReasoning(message)
  const { content, refusal } = message
  append(parts, withTextSignature(readSaid(reader, content, `${path}.content`), message))
  const refused = saidIn(refusal)
  if (refused !== undefined) parts.push({ type: 'refusal', text: refused })
  for (const [i, call] of reader.maybeList(message['tool_calls'], `${path}.tool_calls`).entries()) {
    parts.push(readToolCall(reader, call, `${path}.tool_calls[${i}]`))
  }
  const legacy = reader.maybeObject(message['function_call'], `${path}.function_call`)
  if (legacy !== undefined) {
    const name = reader.text(legacy['name'], `${path}.function_call.name`)
    const input = reader.text(legacy['arguments'], `${path}.function_call.arguments`)
    parts.push({ type: 'tool-call', form: 'function', id: calls.begin(name), name, input })
  }
  return parts
}

function readSaid(reader: BodyReader, content: Json, path: string): AssistantPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return reader.maybeList(content, path).flatMap((part, i) => readAssistantPart(reader, part, `${path}[${i}]`))
}

function readAssistantPart(reader: BodyReader, value: Json, path: string): AssistantPart[] {
  const part = reader.object(value, path)
  if (part['type'] === 'refusal') return [{ type: 'refusal', text: reader.text(part['refusal'], `${path}.refusal`) }]
  const thought = readReasoning({ content: [part] })
  if (thought.length > 0) return thought
  return [readChatPart(reader, part, path)]
}

export function readToolCall(reader: BodyReader, value: Json, path: string): ToolCallPart {
  const call = reader.object(value, path)
  const id = reader.text(call['id'], `${path}.id`)
  const signature = readSignature(call)
  if (call['type'] === 'custom') {
    return { type: 'tool-call', form: 'custom', id, ...readCustomCall(reader, call, `${path}.custom`), signature }
  }
  const called = reader.object(call['function'], `${path}.function`)
  const name = reader.text(called['name'], `${path}.function.name`)
  const input = reader.maybeText(called['arguments'], `${path}.function.arguments`) ?? ''
  return { type: 'tool-call', form: 'function', id, name, input, signature }
}

function readCustomCall(reader: BodyReader, call: JsonObject, path: string): Pick<ToolCallPart, 'name' | 'input'> {
  const custom = reader.object(call['custom'], path)
  const name = reader.text(custom['name'], `${path}.name`)
  return { name, input: reader.text(custom['input'], `${path}.input`) }
}

function readResult(reader: BodyReader, { content }: JsonObject, path: string, callId: string): Message {
  const parts = readUserParts(reader, content ?? '', `${path}.content`).filter((part) => part.type !== 'tool-result')
  return { role: 'user', parts: [{ type: 'tool-result', callId, ...withOuterMarker(parts, undefined) }] }
}

/** Clients also mark a message as a whole, where its content is one text: the marker stands behind its last part. */
function withMarker(message: Message, cache: CacheMarker | undefined): Message {
  const last = message.parts.at(-1)
  if (cache === undefined || last === undefined || ('cache' in last && last.cache !== undefined)) return message
  return { ...message, parts: [...message.parts.slice(0, -1), { ...last, cache }] } as Message
}

/** Legacy calls have no ids. They get generated ones, and a `function` message refers to the last call of its name. */
class LegacyCalls {
  readonly #ids = new Map<string, string>()

  begin(name: string): string {
    const id = `call_legacy_${this.#ids.size}_${name}`
    this.#ids.set(name, id)
    return id
  }

  idOf(name: string): string {
    return this.#ids.get(name) ?? `call_legacy_${name}`
  }
}
