// The published limits of version 2 of Cohere's chat. Sources: `V2ChatRequest` of the SDK cohere-ai and Cohere's API reference (p from
// 0.01 to 0.99, k from 0 to 500, penalties from 0 to 1, five stop sequences, `tool_choice`, `response_format`), Cohere's guide to tool use.
import { type SentRequest, Violations } from './test-violations.ts'

interface Message {
  readonly role: string
  readonly content?: string | readonly unknown[]
  readonly tool_call_id?: string
  readonly tool_calls?: readonly { id: string; function: { name: string; arguments: string } }[]
}

export function cohereViolations({ body }: SentRequest): readonly string[] {
  const found = new Violations()
  found.within(body.p, 0.01, 0.99, 'p')
  found.within(body.k, 0, 500, 'k')
  found.within(body.frequency_penalty, 0, 1, 'frequency_penalty')
  found.within(body.presence_penalty, 0, 1, 'presence_penalty')
  found.within(body.temperature, 0, Number.MAX_VALUE, 'temperature')
  found.whole(body.seed, 0, 'seed')
  found.whole(body.max_tokens, 0, 'max_tokens')
  found.must((body.stop_sequences?.length ?? 0) <= 5, 'at most five stop sequences')
  if (body.thinking !== undefined) found.oneOf(body.thinking.type, ['enabled', 'disabled'], 'thinking')
  if (body.thinking?.token_budget !== undefined) found.whole(body.thinking.token_budget, 1, 'token_budget')
  found.oneOf(body.tool_choice, ['REQUIRED', 'NONE'], 'tool_choice')
  found.must(body.tool_choice === undefined || body.tools?.length > 0, 'tool_choice has tools')
  found.must(body.response_format === undefined || body.tools === undefined, 'no format beside tools')
  const names = (body.tools ?? []).map((tool: { function: { name: string } }) => tool.function.name)
  for (const name of names) found.matches(name, /^[a-zA-Z_][a-zA-Z0-9_]*$/, 'name of a tool')
  found.distinct(names, 'names of tools')
  checkMessages(body.messages, found)
  return found.list
}

function checkMessages(messages: readonly Message[], found: Violations): void {
  found.must(messages.length > 0, 'messages are not empty')
  let open = new Set<string>()
  for (const { role, content, tool_call_id = '', tool_calls } of messages) {
    found.oneOf(role, ['system', 'user', 'assistant', 'tool'], 'role')
    if (role === 'tool') found.must(open.delete(tool_call_id), `the result ${tool_call_id} follows its call`)
    else {
      found.must(open.size === 0, `the calls ${[...open]} have results directly behind them`)
      open = new Set(tool_calls?.map(({ id }) => id))
    }
    const isEmpty = content === undefined || content.length === 0
    if (role === 'user' || role === 'system') found.must(!isEmpty, 'a message has content')
    found.must(!isEmpty || role === 'tool' || (tool_calls?.length ?? 0) > 0, 'an assistant says something')
  }
  found.must(open.size === 0, `the calls ${[...open]} have results`)
}
