import { eventStream, namedEvents, type ScriptedAnswer, type SeenRequest } from '../scripted-upstream.ts'

/** An upstream that keeps responses itself, each for the account that made it. */
export class HoldingUpstream {
  #count = 0
  /** What was made, by id. */
  readonly made = new Map<string, { account: string; response: Record<string, unknown> }>()

  answer({ path, headers, body }: SeenRequest): ScriptedAnswer {
    const account = String(headers.authorization)
    const [, id] = /^\/v1\/responses\/([^/?]+)/.exec(path) ?? []
    const json = (value: object, status = 200): ScriptedAnswer => ({ status, pieces: [JSON.stringify(value)] })
    const unknown = json({ error: { message: 'not this account', type: 'invalid_request_error', code: null } }, 404)
    if (id === undefined) {
      const previous = body.previous_response_id
      if (typeof previous === 'string' && this.made.get(previous)?.account !== account) return unknown
      const response = {
        ...held(`resp_up${this.#count++}`),
        store: body.model !== 'gpt-forgetful' && (body.store ?? true),
        previous_response_id: previous ?? null,
      }
      if (response.store) this.made.set(response.id, { account, response })
      if (body.stream !== true) return json(response)
      const events = ['created', 'completed'].map((type, n) => ({
        type: `response.${type}`,
        sequence_number: n,
        response,
      }))
      return { headers: eventStream, pieces: namedEvents(events) }
    }
    const one = this.made.get(id)
    if (one?.account !== account) return unknown
    if (path.includes('/input_items')) return json({ object: 'list', data: [], path })
    return json(one.response)
  }
}

function held(id: string) {
  const content = [{ type: 'output_text', text: 'Held.', annotations: [] }]
  return {
    id,
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'gpt-x',
    output: [{ id: `msg_${id}`, type: 'message', role: 'assistant', status: 'completed', content }],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  }
}
