// Chat completions: the conversation, as callers write it.
import type { AssistantPart, Json, JsonObject, ToolCallPart, UserPart } from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'
import { absent, type BodyReader, isObject } from '../common/body-reader.ts'
import { readChatPart, readChatText } from './parts.ts'
import { readReasoning } from './reasoning.ts'

export function readChatMessages(reader: BodyReader, value: Json): Message[] {
  const messages: Message[] = []
  const calls = new LegacyCalls()
  for (const [i, item] of reader.list(value, 'messages').entries()) {
    const path = `messages[${i}]`
    const message = reader.object(item, path)
    const name = reader.maybeText(message['name'], `${path}.name`)
    const role = message['role']
    switch (role) {
      case 'system':
      case 'developer':
        messages.push({
          role: 'system',
          developer: role === 'developer',
          parts: readChatText(reader, message['content'], `${path}.content`),
        })
        break
      case 'user':
        messages.push({ role, name, parts: readUserParts(reader, message['content'], `${path}.content`) })
        break
      case 'assistant':
        messages.push({ role, name, parts: readAssistant(reader, message, path, calls) })
        break
      case 'tool':
      case 'function':
        addResult(messages, reader, message, path, role === 'tool' ? undefined : calls.idOf(name ?? ''))
        break
      default:
        reader.wrong(`${path}.role`, 'must be system, developer, user, assistant or tool')
    }
  }
  return messages
}

function readUserParts(reader: BodyReader, content: Json, path: string): UserPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return reader.list(content, path).map((part, i) => readChatPart(reader, part, `${path}[${i}]`))
}

function readAssistant(reader: BodyReader, message: JsonObject, path: string, calls: LegacyCalls): AssistantPart[] {
  const parts: AssistantPart[] = readReasoning(message)
  const { content, refusal } = message as { content?: Json; refusal?: Json }
  if (typeof content === 'string') {
    if (content !== '') parts.push({ type: 'text', text: content })
  } else if (!absent(content)) {
    for (const [i, part] of reader.list(content, `${path}.content`).entries()) {
      parts.push(...readAssistantPart(reader, part, `${path}.content[${i}]`))
    }
  }
  if (typeof refusal === 'string') parts.push({ type: 'refusal', text: refusal })
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
  const signature = readThoughtSignature(call)
  if (call['type'] === 'custom') {
    const custom = reader.object(call['custom'], `${path}.custom`)
    const name = reader.text(custom['name'], `${path}.custom.name`)
    return {
      type: 'tool-call',
      form: 'custom',
      id,
      name,
      input: reader.text(custom['input'], `${path}.custom.input`),
      signature,
    }
  }
  const called = reader.object(call['function'], `${path}.function`)
  const name = reader.text(called['name'], `${path}.function.name`)
  const input = reader.maybeText(called['arguments'], `${path}.function.arguments`) ?? ''
  return { type: 'tool-call', form: 'function', id, name, input, signature }
}

/** Google's signatures travel beside the call they belong to, as its own OpenAI target has it. */
function readThoughtSignature(call: JsonObject): ToolCallPart['signature'] {
  const extra = call['extra_content']
  const google = isObject(extra) ? extra['google'] : undefined
  const text = isObject(google) ? google['thought_signature'] : undefined
  return typeof text === 'string' ? { family: 'google', data: text } : undefined
}

/** Results of one turn join in one user message. */
function addResult(
  messages: Message[],
  reader: BodyReader,
  message: JsonObject,
  path: string,
  legacyId: string | undefined,
): void {
  const { content } = message as { content?: Json }
  const result: UserPart = {
    type: 'tool-result',
    callId: legacyId ?? reader.text(message['tool_call_id'], `${path}.tool_call_id`),
    parts: readUserParts(reader, content ?? '', `${path}.content`).filter((part) => part.type !== 'tool-result'),
  }
  const last = messages.at(-1)
  const joins = last?.role === 'user' && last.parts.length > 0 && last.parts.every(({ type }) => type === 'tool-result')
  if (joins) messages[messages.length - 1] = { ...last, parts: [...last.parts, result] }
  else messages.push({ role: 'user', parts: [result] })
}

/** Calls without ids get some, and the function message with the same name finds the last one. */
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
