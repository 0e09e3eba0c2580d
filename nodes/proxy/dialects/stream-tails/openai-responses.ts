// Ends a stream of the Responses API early: the items that are open end as incomplete, and the response ends with
// `response.incomplete`, whose output repeats all items. So the text of the open ones is kept; an item that has ended is kept as its
// provider ended it. Source: openai SDK, ResponseStreamEvent, ResponseIncompleteEvent and Response.IncompleteDetails.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { Usage } from '../../../../shared/chat/usage.ts'
import { isObject, textIn } from '../common/body-reader.ts'
import { eventData } from '../openai/event-data.ts'
import { printResponsesUsage } from '../openai-responses/print-answer.ts'
import { OpenItem } from './open-item.ts'
import type { StreamTail } from './stream-tail.ts'

export class ResponsesStreamTail implements StreamTail {
  #response: JsonObject | undefined
  #sequence = 0
  readonly #done = new Map<number, JsonObject>()
  readonly #open = new Map<number, OpenItem>()

  see(text: string): void {
    const data = eventData(text)
    if (!isObject(data)) return
    const { type, sequence_number: sequence, output_index: index, item, response } = data
    if (typeof sequence === 'number') this.#sequence = sequence + 1
    if (type === 'response.created' || type === 'response.in_progress') {
      if (isObject(response)) this.#response = response
    } else if (typeof index === 'number') this.#seeItem(index, textIn(type), { item, event: data })
  }

  #seeItem(index: number, type: string, { item, event }: { item: Json; event: JsonObject }): void {
    if (type === 'response.output_item.added' && isObject(item)) this.#open.set(index, new OpenItem(index, item))
    else if (type === 'response.output_item.done' && isObject(item)) {
      this.#open.delete(index)
      this.#done.set(index, item)
    } else this.#open.get(index)?.see(type, event)
  }

  end(usage: Usage): string | undefined {
    if (this.#response === undefined) return undefined
    const ends = [...this.#open.values()].flatMap((open) => open.end())
    const items = [...this.#done, ...[...this.#open].map(([index, open]) => [index, open.item] as const)]
    const response = {
      ...this.#response,
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: items.sort(([a], [b]) => a - b).map(([, item]) => item),
      usage: printResponsesUsage(usage),
    }
    return [...ends, { type: 'response.incomplete', response }].map((event) => this.#eventText(event)).join('')
  }

  #eventText({ type, ...members }: JsonObject): string {
    const numbered = { type, sequence_number: this.#sequence++, ...members }
    return `event: ${textIn(type)}\ndata: ${JSON.stringify(numbered)}\n\n`
  }
}
