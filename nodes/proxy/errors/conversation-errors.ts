// Rows of the error table for stored responses.
import { bounds } from '../../../shared/bounds.ts'
import { brief, invalid, passing, type Row, type RowOf, row, withParam } from './error-row.ts'
import type { ConversationError } from './gateway-error.ts'

type RowFor<Type extends ConversationError['type']> = RowOf<Extract<ConversationError, { type: Type }>>

export const conversationRows: { readonly [Type in ConversationError['type']]: RowFor<Type> } = {
  'state-away': () => passing(row(503, 'server_error', 'state_unavailable', away), 1_000),
  'chain-too-long': (error) =>
    withParam(row(400, invalid, 'previous_response_chain_too_long', tooLong(error)), 'previous_response_id'),
  'response-unknown': (error) => (error.isPrevious ? previousUnknown(error) : unknown(error)),
}

const away =
  'Stored responses cannot be reached now. Requests with `store: false` that send the whole conversation are answered.'

function previousUnknown({ id }: { id: string }): Row {
  const message = `Previous response with id '${brief(id)}' not found.`
  return { ...row(400, invalid, 'previous_response_not_found', message), param: 'previous_response_id' }
}

function unknown({ id }: { id: string }): Row {
  const message = `Response with id '${brief(id)}' not found.`
  return { status: 404, type: invalid, code: null, retry: false, message, param: 'response_id' }
}

function tooLong({ responses, bytes }: Extract<ConversationError, { type: 'chain-too-long' }>): string {
  const { responseChainMax, responseChainBytesMax } = bounds
  const found = `It goes back over ${responses} responses and ${bytes} bytes`
  return `The conversation is too long to go on from. ${found}; the limits are ${responseChainMax} and ${responseChainBytesMax}. Send what matters of it as \`input\`.`
}
