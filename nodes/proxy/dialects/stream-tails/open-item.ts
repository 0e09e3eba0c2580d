// An item of a response stream that passes through, as far as it has come, and the events that end it as incomplete.
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject, textIn } from '../common/body-reader.ts'

interface OpenContent {
  /** The list of the item that it stands in, and what its events call its place. */
  readonly list: 'content' | 'summary'
  readonly place: 'content_index' | 'summary_index'
  /** What its events are called: `response.<name>.delta`. */
  readonly name: string
  readonly member: 'text' | 'refusal'
  readonly index: number
  part: JsonObject
  isOver: boolean
}

/** Deltas that add to a content, by the name of their events. */
const contentRows = {
  output_text: { list: 'content', place: 'content_index', member: 'text', type: 'output_text' },
  refusal: { list: 'content', place: 'content_index', member: 'refusal', type: 'refusal' },
  reasoning_text: { list: 'content', place: 'content_index', member: 'text', type: 'reasoning_text' },
  reasoning_summary_text: { list: 'summary', place: 'summary_index', member: 'text', type: 'summary_text' },
} as const

/** Deltas that add to a member of the item. */
const memberRows: Readonly<Record<string, 'arguments' | 'input' | 'code'>> = {
  function_call_arguments: 'arguments',
  mcp_call_arguments: 'arguments',
  custom_tool_call_input: 'input',
  code_interpreter_call_code: 'code',
}

export class OpenItem {
  readonly #index: number
  readonly #item: JsonObject
  readonly #contents: OpenContent[] = []
  /** The member that deltas add to, with the name of their events; undefined where none came. */
  #said: { readonly name: string; readonly member: 'arguments' | 'input' | 'code'; text: string } | undefined

  constructor(index: number, item: JsonObject) {
    this.#index = index
    this.#item = item
  }

  see(type: string, event: JsonObject): void {
    const [, name = '', step = ''] = /^response\.([\w.]+)\.(delta|done|added)$/.exec(type) ?? []
    if (step === 'delta') this.#extend(name, event)
    else if (step === 'added' && name === 'content_part') this.#begin(event)
    else if (step === 'added' && name === 'output_text.annotation') this.#annotate(event)
    else if (step === 'done' && name.endsWith('_part'))
      this.#finish(name === 'content_part' ? 'content' : 'summary', event)
  }

  #begin({ content_index: index, part }: JsonObject): void {
    const type = isObject(part) ? part['type'] : undefined
    const name = Object.entries(contentRows).find(([, row]) => row.list === 'content' && row.type === type)?.[0]
    if (typeof index === 'number' && isObject(part) && name !== undefined)
      this.#content(name as keyof typeof contentRows, index).part = part
  }

  #extend(name: string, event: JsonObject): void {
    const delta = textIn(event['delta'])
    const member = memberRows[name]
    if (member !== undefined) {
      this.#said ??= { name, member, text: '' }
      this.#said.text += delta
    }
    if (!(name in contentRows)) return
    const row = contentRows[name as keyof typeof contentRows]
    const index = event[row.place]
    if (typeof index !== 'number') return
    const content = this.#content(name as keyof typeof contentRows, index)
    content.part = { ...content.part, [row.member]: textIn(content.part[row.member]) + delta }
  }

  #annotate({ content_index: index, annotation }: JsonObject): void {
    if (typeof index !== 'number' || annotation === undefined) return
    const content = this.#content('output_text', index)
    const before = content.part['annotations']
    content.part = { ...content.part, annotations: [...(Array.isArray(before) ? before : []), annotation] }
  }

  #content(name: keyof typeof contentRows, index: number): OpenContent {
    const { list, place, member, type } = contentRows[name]
    const known = this.#contents.find((content) => content.list === list && content.index === index)
    if (known !== undefined) return known
    const part = { type, [member]: '', ...(type === 'output_text' ? { annotations: [] } : {}) }
    const made = { list, place, name, member, index, part, isOver: false }
    this.#contents.push(made)
    return made
  }

  #finish(list: OpenContent['list'], event: JsonObject): void {
    const { part } = event
    for (const content of this.#contents) {
      if (content.list !== list || content.index !== event[content.place]) continue
      content.isOver = true
      if (isObject(part)) content.part = part
    }
  }

  /** The item as far as it has come. */
  get item(): JsonObject {
    const listed = (list: OpenContent['list']) => {
      const parts = this.#contents.filter((content) => content.list === list)
      return parts.length === 0 ? {} : { [list]: parts.toSorted((a, b) => a.index - b.index).map(({ part }) => part) }
    }
    const said = this.#said === undefined ? {} : { [this.#said.member]: this.#said.text }
    return { ...this.#item, ...listed('content'), ...listed('summary'), ...said, status: 'incomplete' }
  }

  /** The events that end what is open of it, and then the item. */
  end(): JsonObject[] {
    const place = { item_id: this.#item['id'], output_index: this.#index }
    const contents = this.#contents
      .filter(({ isOver }) => !isOver)
      .flatMap(({ name, member, place: named, index, list, part }): JsonObject[] => [
        { type: `response.${name}.done`, ...place, [named]: index, [member]: part[member], ...logprobs(name) },
        {
          type: list === 'content' ? 'response.content_part.done' : 'response.reasoning_summary_part.done',
          ...place,
          [named]: index,
          part,
        },
      ])
    const said = this.#said
    const called: JsonObject[] =
      said === undefined
        ? []
        : [{ type: `response.${said.name}.done`, ...place, ...named(this.#item), [said.member]: said.text }]
    const done = { type: 'response.output_item.done', output_index: this.#index, item: this.item }
    return [...contents, ...called, done]
  }
}

function logprobs(name: string): JsonObject {
  return name === 'output_text' ? { logprobs: [] } : {}
}

/** A call of a function tells its name again at its end. */
function named({ type, name }: JsonObject): JsonObject {
  return type === 'function_call' ? { name } : {}
}
