// What may go wrong with stored responses, as rows of the error table.
import { bounds } from '../../../shared/bounds.ts'
import { invalid, passing, type Row, row, shown } from './error-row.ts'

export type ConversationError =
  /** They can be neither read nor written now. */
  | { type: 'state-away' }
  | { type: 'chain-too-long'; responses: number; bytes: number }
  /** `isPrevious`: a request wanted to go on from it. */
  | { type: 'response-unknown'; id: string; isPrevious: boolean }

export function conversationErrorRow(refusal: ConversationError): Row {
  switch (refusal.type) {
    case 'state-away':
      return passing(row(503, 'server_error', 'state_unavailable', away), 1_000)
    case 'chain-too-long':
      return {
        ...row(400, invalid, 'previous_response_chain_too_long', tooLong(refusal)),
        param: 'previous_response_id',
      }
    case 'response-unknown':
      return refusal.isPrevious ? previousUnknown(refusal) : unknown(refusal)
  }
}

const away =
  'Stored responses cannot be reached now. Requests with `store: false` that send the whole conversation are answered.'

function previousUnknown({ id }: { id: string }): Row {
  const message = `Previous response with id '${quoted(id)}' not found.`
  return { ...row(400, invalid, 'previous_response_not_found', message), param: 'previous_response_id' }
}

function unknown({ id }: { id: string }): Row {
  const message = `Response with id '${quoted(id)}' not found.`
  return { status: 404, type: invalid, code: null, retry: false, message, param: 'response_id' }
}

function tooLong({ responses, bytes }: Extract<ConversationError, { type: 'chain-too-long' }>): string {
  const { responseChainMax, responseChainBytesMax } = bounds
  const found = `It goes back over ${responses} responses and ${bytes} bytes`
  return `The conversation is too long to go on from. ${found}; the limits are ${responseChainMax} and ${responseChainBytesMax}. Send what matters of it as \`input\`.`
}

function quoted(id: string): string {
  return shown(id).slice(1, -1)
}
