// A stored response as a stream once more: the events of its parts, each part in one piece. They have numbers of their own,
// always the same ones, so whoever was interrupted while reading them goes on behind the last one that it has.
import type { Finish } from '../../../shared/chat/answer.ts'
import { explode } from '../../../shared/chat/explode.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { ResponsesStreamPrinter } from '../dialects/openai-responses/print-stream.ts'
import type { LocalResponse } from './stored-response.ts'

/** `after`: events up to this number are left out; -1 for none. */
export function replayedEvents({ response, parts }: LocalResponse, after: number): string {
  const created = Number(response['created_at'])
  const printer = new ResponsesStreamPrinter({
    ...{ requestId: '', nowSeconds: created, estimatedInput: 0, showUsage: false },
    request: asAsked(response),
    stored: { id: String(response['id']), take: () => {} },
  })
  let text = ''
  const answer = { id: '', model: String(response['model']), created, choices: [{ parts, finish: finishOf(response) }] }
  explode(answer, (event) => {
    text += printer.print(event)
  })
  const events = text.split('\n\n').filter((event) => event !== '')
  // The last one brings the response as it was stored.
  const last = events.length - 1
  events[last] = terminal(last, response)
  return events
    .slice(after + 1)
    .map((event) => `${event}\n\n`)
    .join('')
}

/** An answer repeats what was asked. */
function asAsked(response: JsonObject): ChatRequest {
  return {
    ...{ model: '', messages: [], tools: [], stream: true, dialect: 'openai-responses', extras: {} },
    parameters: { reasoning: response['reasoning'] as never },
    echo: response,
  }
}

function finishOf({ status, incomplete_details: details }: JsonObject): Finish {
  if (status !== 'incomplete') return { reason: 'stop' }
  const { reason } = details as { reason?: unknown }
  return { reason: reason === 'content_filter' ? 'content-filter' : 'length' }
}

function terminal(sequence: number, response: JsonObject): string {
  const type = `response.${String(response['status'])}`
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, response })}`
}
