// How a stored response, and what went into it, is told to a caller. Nothing here depends on where it runs.
import { done, fail, type Result } from '../../../shared/result.ts'
import { outputOf, sealedOutput } from './history.ts'
import { pageOf } from './item-page.ts'
import { replayedEvents } from './replay.ts'
import { type BadParameter, badParameter } from './storage-options.ts'
import { decodeTurn, type LocalResponse } from './stored-response.ts'

export interface AskedStored {
  readonly what: 'response' | 'input'
  /** The query as sent, without its question mark. */
  readonly query: string
}

export interface ToldStored {
  readonly type: 'json' | 'events'
  readonly text: string
}

/** `turns`: the response, behind those before it where its input is asked for. */
export function toldStored({ what, query }: AskedStored, turns: readonly Buffer[]): Result<ToldStored, BadParameter> {
  const asked = new URLSearchParams(query)
  const kept = turns.map(decodeTurn)
  const last = kept.pop()
  if (last === undefined) throw new Error('no turn is told')
  return what === 'input' ? toldInput(kept, last, asked) : toldResponse(last, asked)
}

/** Lists the whole input of the model, earlier turns included. */
function toldInput(
  earlier: readonly LocalResponse[],
  last: LocalResponse,
  asked: URLSearchParams,
): Result<ToldStored, BadParameter> {
  const items = earlier.flatMap((turn) => [
    ...turn.input,
    ...(wantsSealed(asked) ? sealedOutput(turn) : outputOf(turn.response)),
  ])
  const page = pageOf([...items, ...last.input], asked)
  return page.ok ? done({ type: 'json', text: JSON.stringify(page.value) }) : page
}

function toldResponse(kept: LocalResponse, asked: URLSearchParams): Result<ToldStored, BadParameter> {
  const after = asked.get('starting_after')
  if (asked.get('stream') === 'true') {
    if (after !== null && !/^\d{1,9}$/.test(after))
      return fail(badParameter('starting_after', 'must be the number of an event'))
    return done({ type: 'events', text: replayedEvents(kept, after === null ? -1 : Number(after)) })
  }
  const { response } = kept
  const told = wantsSealed(asked) ? { ...response, output: sealedOutput(kept) } : response
  return done({ type: 'json', text: JSON.stringify(told) })
}

function wantsSealed(asked: URLSearchParams): boolean {
  return [...asked.getAll('include'), ...asked.getAll('include[]')].includes('reasoning.encrypted_content')
}
