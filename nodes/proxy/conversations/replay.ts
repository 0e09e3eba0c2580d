// Prints a stored response as a stream again, each part in one piece. Its events always have the same numbers, so a caller whose stream
// was interrupted can continue behind the last event that it has.
import type { Finish } from '../../../shared/chat/answer.ts'
import { explode } from '../../../shared/chat/explode.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { ResponsesStreamPrinter } from '../dialects/openai-responses/print-stream.ts'
import type { LocalResponse } from './stored-response.ts'

/** Prints the events with numbers above `after`, which is -1 for all of them. */
export function replayedEvents({ response, parts }: LocalResponse, after: number): string {
  const created = Number(response['created_at'])
  const printer = new ResponsesStreamPrinter({
    requestId: '',
    nowSeconds: created,
    estimatedInput: 0,
    showUsage: false,
    asked: { reasoning: response['reasoning'] as never, echo: response },
    stored: { id: String(response['id']), take: () => {}, takePrinted: () => {} },
  })
  let text = ''
  const answer = { id: '', model: String(response['model']), created, choices: [{ parts, finish: finishOf(response) }] }
  explode(answer, (event) => {
    text += printer.print(event)
  })
  const events = text.split('\n\n').filter((event) => event !== '')
  // The last event contains the response as it was stored.
  const last = events.length - 1
  events[last] = terminal(last, response)
  return events
    .slice(after + 1)
    .map((event) => `${event}\n\n`)
    .join('')
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
