// Ends a stream of chat completions or legacy completions early: each choice that has not ended gets `finish_reason: length`.
// Source: the API reference of OpenAI, "The chat completion chunk object" (`finish_reason`, `usage`), and "Completion object".
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import type { Usage } from '../../../../shared/chat/usage.ts'
import { isObject } from '../common/body-reader.ts'
import { eventData } from '../openai/event-data.ts'
import { printUsage } from '../openai/usage.ts'
import type { StreamTail } from './stream-tail.ts'

/** What every chunk repeats. */
const repeated = ['id', 'object', 'created', 'model', 'service_tier', 'system_fingerprint']
/** Beginnings that are remembered: those of the choices of a request. */
const headsMax = 16

export class ChatStreamTail implements StreamTail {
  readonly #showUsage: boolean
  #facts: JsonObject | undefined
  /** Whether each choice has ended, by its index. */
  readonly #choices = new Map<number, boolean>()
  /** What the events of the choices begin with: nearly all events of a choice are alike up to their delta. */
  readonly #heads: string[] = []

  constructor(showUsage: boolean) {
    this.#showUsage = showUsage
  }

  see(text: string): void {
    const isKnown = this.#heads.some((head) => text.startsWith(head))
    if (isKnown && !endsChoice(text)) return
    const data = eventData(text)
    if (!isObject(data) || !Array.isArray(data['choices'])) return
    for (const choice of data['choices']) if (isObject(choice)) this.#seeChoice(choice)
    if (data['choices'].length > 0) this.#facts ??= factsOf(data)
    if (!isKnown) this.#remember(text, data['choices'].length)
  }

  #seeChoice({ index = 0, finish_reason: reason }: JsonObject): void {
    if (typeof index !== 'number') return
    const isOver = typeof reason === 'string' && reason !== ''
    this.#choices.set(index, isOver || this.#choices.get(index) === true)
  }

  #remember(text: string, choices: number): void {
    const at = choices === 1 ? text.search(/"(?:delta|text)"/) : -1
    // A beginning without the index says nothing of the choice.
    const tellsChoice = at > 0 && text.lastIndexOf('"index"', at) > 0
    if (tellsChoice && this.#heads.length < headsMax) this.#heads.push(text.slice(0, at))
  }

  end(usage: Usage): string | undefined {
    const facts = this.#facts
    if (facts === undefined) return undefined
    const said = facts['object'] === 'text_completion' ? { text: '' } : { delta: {} }
    const open = [...this.#choices].filter(([, isOver]) => !isOver)
    const chunks: JsonObject[] = open.map(([index]) => ({
      ...facts,
      choices: [{ index, ...said, logprobs: null, finish_reason: 'length' }],
    }))
    if (this.#showUsage) chunks.push({ ...facts, choices: [], usage: printUsage(usage) as JsonObject })
    return `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`
  }
}

function factsOf(data: JsonObject): JsonObject {
  return Object.fromEntries(repeated.flatMap((name) => (data[name] === undefined ? [] : [[name, data[name]]])))
}

/** Whether the event may have a finish reason other than null. */
function endsChoice(text: string): boolean {
  const at = text.indexOf('"finish_reason"')
  return at >= 0 && !/^"finish_reason"\s*:\s*null/.test(text.slice(at, at + 32))
}
