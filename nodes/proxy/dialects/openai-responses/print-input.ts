// The Responses API: prints the conversation for an upstream, as items. Nothing is stored there, so items have no ids, but for reasoning
// that keeps its own: the provider refuses encrypted reasoning under another id than it was made with.
import { append } from '../../../../shared/append.ts'
import type {
  AssistantPart,
  Json,
  JsonObject,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolForm,
  ToolResultPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { placeholder } from '../anthropic/print-content.ts'
import type { Quirks } from '../dialect.ts'
import { printInputContent, type Unsayable } from './print-content.ts'

export interface PrintedInput {
  /** The system messages before the first turn; undefined where there are none. */
  readonly instructions: string | undefined
  readonly input: readonly Json[]
}

export function printInput(request: ChatRequest, quirks: Quirks): Result<PrintedInput, Unsayable> {
  const { messages } = request
  const leading = leadingTexts(request)
  const writer = new InputWriter(quirks.customTools === true)
  for (const message of messages.slice(leading.length)) {
    const added = writer.add(message)
    if (!added.ok) return added
  }
  // The input must not be empty.
  if (writer.items.length === 0) writer.items.push({ role: 'user', content: placeholder })
  return done({ instructions: leading.length === 0 ? undefined : leading.join('\n\n'), input: writer.items })
}

/** The texts of the system messages that become the instructions. There are none without a turn behind them, because the input must
 *  not be empty, and none for a JSON object, because OpenAI wants the word JSON in the input itself. */
function leadingTexts({ messages, responseFormat }: ChatRequest): string[] {
  if (responseFormat?.type === 'json-object') return []
  const first = messages.findIndex(({ role }) => role !== 'system')
  return first < 0 ? [] : messages.slice(0, first).map(({ parts }) => textOf(parts as readonly TextPart[]))
}

function textOf(parts: readonly TextPart[]): string {
  return parts.map(({ text }) => text).join('\n\n')
}

const ok = done(undefined)

class InputWriter {
  readonly #customTools: boolean
  readonly items: Json[] = []
  /** Which form each call had, so that its result has the same. */
  readonly #forms = new Map<string, ToolForm>()

  constructor(customTools: boolean) {
    this.#customTools = customTools
  }

  add(message: Message): Result<undefined, Unsayable> {
    switch (message.role) {
      case 'system':
        this.items.push({ role: message.developer === true ? 'developer' : 'system', content: textOf(message.parts) })
        return ok
      case 'user':
        return this.#addUser(message.parts)
      case 'assistant':
        return this.#addAssistant(message.parts)
    }
  }

  /** Results come first, because they must follow the calls that they answer. */
  #addUser(parts: readonly UserPart[]): Result<undefined, Unsayable> {
    for (const part of parts) {
      const added = part.type === 'tool-result' ? this.#addResult(part) : ok
      if (!added.ok) return added
    }
    const said = parts.filter((part) => part.type !== 'tool-result')
    if (said.length === 0) return ok
    const content = printInputContent(said)
    if (content.ok) this.items.push({ role: 'user', content: content.value })
    return content.ok ? ok : content
  }

  #addResult({ callId, parts, isError }: ToolResultPart): Result<undefined, Unsayable> {
    const output = printOutput(parts, isError === true)
    if (!output.ok) return output
    const type = this.#forms.get(callId) === 'custom' ? 'custom_tool_call_output' : 'function_call_output'
    this.items.push({ type, call_id: callId, output: output.value })
    return ok
  }

  #addAssistant(parts: readonly AssistantPart[]): Result<undefined, Unsayable> {
    let said = ''
    const flush = () => {
      if (said !== '') this.items.push({ role: 'assistant', content: said })
      said = ''
    }
    for (const part of parts) {
      if (part.type === 'text' || part.type === 'refusal') {
        said += part.text
        continue
      }
      flush()
      const added = this.#addItem(part)
      if (!added.ok) return added
    }
    flush()
    return ok
  }

  #addItem(part: Exclude<AssistantPart, { type: 'text' | 'refusal' }>): Result<undefined, Unsayable> {
    switch (part.type) {
      case 'tool-call':
        this.items.push(this.#call(part))
        return ok
      case 'reasoning':
        append(this.items, printThought(part))
        return ok
      case 'opaque':
        // Other dialects' parts were refused before (`missingOf`).
        this.items.push(part.value)
        return ok
      default:
        return this.#addMedia(part)
    }
  }

  /** Messages of the model hold text only, so its pictures stand in a message of the user. */
  #addMedia(part: Extract<AssistantPart, UserPart>): Result<undefined, Unsayable> {
    const content = printInputContent([part])
    if (content.ok) this.items.push({ role: 'user', content: content.value })
    return content.ok ? ok : content
  }

  #call({ id: call_id, name, form, input }: ToolCallPart): JsonObject {
    if (form === 'custom' && this.#customTools) {
      this.#forms.set(call_id, form)
      return { type: 'custom_tool_call', call_id, name, input }
    }
    // A call without arguments gets an empty object, because '' is not JSON.
    const args = form === 'custom' ? JSON.stringify({ input }) : input === '' ? '{}' : input
    return { type: 'function_call', call_id, name, arguments: args }
  }
}

/** The dialect has no error flag, and a model must not take an error for a result. */
function printOutput(parts: ToolResultPart['parts'], isError: boolean): Result<Json, Unsayable> {
  if (!parts.every((part) => part.type === 'text')) {
    const marked = isError ? [{ type: 'text' as const, text: 'Error:' }, ...parts] : parts
    return printInputContent(marked, 'list')
  }
  const text = textOf(parts)
  return done(isError ? `Error: ${text}` : text)
}

/** Reasoning that another family's model sealed, or nobody, tells this one nothing. */
function printThought({ id, text, encrypted }: ReasoningPart): JsonObject[] {
  if (encrypted?.family !== 'openai') return []
  return [
    {
      type: 'reasoning',
      id: id?.startsWith('rs_') === true ? id : undefined,
      summary: text === '' ? [] : [{ type: 'summary_text', text }],
      encrypted_content: encrypted.data,
    },
  ]
}
