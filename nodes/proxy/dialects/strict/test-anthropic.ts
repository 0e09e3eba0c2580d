// The published limits of Anthropic's Messages API. Sources: the types and comments of @anthropic-ai/sdk 1.14
// (`MessageCreateParams`, `ThinkingConfigEnabled`, `Tool.name`, `Metadata.user_id`), Anthropic's guides to extended thinking,
// prompt caching, tool use and structured output, and, where marked, words of the API's errors that are publicly known.
import { isBlankText, membersOf, objectSchemas, type SentRequest, Violations } from './test-violations.ts'

interface Block {
  readonly type: string
  readonly text?: string
  readonly id?: string
  readonly name?: string
  readonly input?: unknown
  readonly tool_use_id?: string
  readonly content?: readonly Block[]
  readonly is_error?: boolean
  readonly source?: { readonly type: string; readonly media_type?: string; readonly data?: string }
}

interface Turn {
  readonly role: string
  readonly content: readonly Block[]
}

const namePattern = /^[a-zA-Z0-9_-]{1,128}$/

export function anthropicViolations({ body, model }: SentRequest): readonly string[] {
  const found = new Violations()
  checkAmounts(body, found)
  checkSampling(body, model, found)
  checkTools(body, found)
  checkMarkers(body, found)
  checkFormat(body, found)
  // publicly known: "system: text content blocks must contain non-whitespace text"
  for (const { text } of body.system ?? []) found.must(!isBlankText(text), 'system has no blank text')
  checkClaudeTurns(body.messages, found)
  checkPrefill(body, model, found)
  return found.list
}

function checkAmounts(
  { max_tokens, thinking, metadata, service_tier, output_config }: SentRequest['body'],
  found: Violations,
) {
  found.must(max_tokens !== undefined, 'max_tokens is there')
  found.whole(max_tokens, 1, 'max_tokens')
  if (thinking?.type === 'enabled') {
    found.whole(thinking.budget_tokens, 1024, 'budget_tokens')
    found.must(
      thinking.budget_tokens < max_tokens,
      `budget_tokens ${thinking.budget_tokens} is below max_tokens ${max_tokens}`,
    )
  }
  const user = metadata?.user_id
  // publicly known: "user_id appears to contain an email address"
  if (user !== undefined)
    found.must(user.length <= 256 && !/\S@\S/.test(user), `user_id is short and names nobody: ${user}`)
  found.oneOf(service_tier, ['auto', 'standard_only'], 'service_tier')
  found.oneOf(output_config?.effort, ['low', 'medium', 'high', 'xhigh', 'max'], 'effort')
}

/** Models that refuse sampling parameters, and those that refuse a temperature beside top_p (Anthropic's migration guides). */
const withoutSampling = /claude-(opus-4-[7-9]|[a-z]+-[5-9])(?!\d)/
const withOneOfThem = /claude-(opus-4-[1-9]|[a-z]+-4-[5-9]|[a-z]+-[5-9])(?!\d)/

function checkSampling(body: SentRequest['body'], model: string, found: Violations): void {
  const { temperature, top_p, top_k, thinking, stop_sequences } = body
  found.within(temperature, 0, 1, 'temperature')
  found.within(top_p, 0, 1, 'top_p')
  found.whole(top_k, 0, 'top_k')
  const both = temperature !== undefined && top_p !== undefined
  if (withOneOfThem.test(model)) found.must(!both, 'temperature and top_p are not both there')
  const thinks = thinking !== undefined && thinking.type !== 'disabled'
  const samples = [temperature, top_p, top_k].some((value) => value !== undefined)
  if (withoutSampling.test(model) || thinks) found.must(!samples, 'nothing is sampled beside thinking')
  if (thinks) found.oneOf(body.tool_choice?.type, ['auto', 'none'], 'tool_choice beside thinking')
  // publicly known: "stop_sequences: each stop sequence must contain non-whitespace"
  for (const stop of stop_sequences ?? []) found.must(!isBlankText(stop), 'stop sequences are not blank')
}

function checkTools({ tools, tool_choice }: SentRequest['body'], found: Violations): void {
  if (tools === undefined) return found.must(tool_choice === undefined, 'tool_choice has tools')
  found.must(tools.length > 0, 'tools are not empty')
  const names = tools.map(({ name }: Block) => name)
  for (const { name, input_schema, strict } of tools) {
    found.matches(name, namePattern, 'name of a tool')
    found.must(input_schema?.type === 'object', `input_schema is an object's: ${JSON.stringify(input_schema)}`)
    // publicly known: "input_schema does not support oneOf, allOf, or anyOf at the top level"
    for (const word of ['oneOf', 'allOf', 'anyOf'])
      found.must(input_schema?.[word] === undefined, `input_schema has no ${word} at the top`)
    if (strict === true) checkClosed(input_schema, found)
  }
  found.distinct(names, 'names of tools')
  if (tool_choice?.type === 'tool') found.oneOf(tool_choice.name, names, 'the chosen tool')
}

export function checkClosed(schema: unknown, found: Violations): void {
  for (const { additionalProperties } of objectSchemas(schema))
    found.must(additionalProperties === false, 'objects of the schema are closed')
  for (const word of ['minimum', 'maximum', 'multipleOf', 'minLength', 'maxLength', 'maxItems', 'oneOf', 'uniqueItems'])
    found.must(membersOf(schema, word).length === 0, `the schema has no ${word}`)
}

/** Guide to prompt caching: at most four, and those for an hour stand before those for five minutes. */
function checkMarkers({ tools, system, messages }: SentRequest['body'], found: Violations): void {
  const markers = membersOf([tools, system, messages], 'cache_control') as { ttl?: string }[]
  found.must(markers.length <= 4, `at most four cache markers: ${markers.length}`)
  const hours = markers.map(({ ttl }) => ttl === '1h')
  found.must(hours.lastIndexOf(true) <= hours.indexOf(false) || !hours.includes(false), 'markers of an hour come first')
}

function checkFormat({ output_config, messages }: SentRequest['body'], found: Violations): void {
  const format = output_config?.format
  if (format === undefined) return
  checkClosed(format.schema, found)
  found.must(messages.at(-1).role === 'user', 'no format beside a prefill')
  found.must(
    !membersOf(messages, 'citations').some((one) => one !== null && !Array.isArray(one)),
    'no format beside citations',
  )
}

/** Models that refuse a begun answer (what is new in Claude 4.6, and later). */
const withoutPrefill = /claude-((opus|sonnet)-4-[6-9]|[a-z]+-[5-9])(?!\d)/

function checkPrefill({ messages, thinking }: SentRequest['body'], model: string, found: Violations): void {
  const last = messages.at(-1)
  if (last?.role !== 'assistant') return
  const thinks = thinking !== undefined && thinking.type !== 'disabled'
  found.must(!withoutPrefill.test(model), 'the model is not sent a begun answer')
  found.must(!thinks, 'no begun answer beside thinking')
}

/** Checks the turns of a request to Claude, behind other hosts too, in this dialect's form. */
export function checkClaudeTurns(turns: readonly Turn[], found: Violations): void {
  found.must(turns.length > 0, 'messages are not empty')
  found.must(turns[0]?.role === 'user', 'the first message is the user’s')
  for (const [i, turn] of turns.entries()) {
    found.must(turn.content.length > 0, 'content is not empty')
    for (const block of turn.content) checkBlock(block, found)
    checkCalls(turn, turns[i + 1], found)
    checkResults(turn, turns[i - 1], found)
  }
  const ids = turns.flatMap(({ content }) => content.flatMap(({ type, id }) => (type === 'tool_use' ? [id] : [])))
  // publicly known: "`tool_use` ids must be unique"
  found.distinct(ids, 'ids of calls')
  const last = turns.at(-1)
  const end = last?.content.at(-1)
  // publicly known: "final assistant content cannot end with trailing whitespace"
  if (last?.role === 'assistant' && end?.type === 'text')
    found.must(end.text === end.text?.trimEnd(), 'no space at the end')
}

const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

function checkBlock(block: Block, found: Violations): void {
  const { type, text, id, name, input, source, content, is_error } = block
  // publicly known: "text content blocks must contain non-whitespace text"
  if (type === 'text') found.must(!isBlankText(text), 'no text is blank')
  if (type === 'tool_use') {
    found.matches(id, /^[a-zA-Z0-9_-]+$/, 'id of a call')
    found.matches(name, namePattern, 'name of a call')
    found.must(typeof input === 'object' && input !== null && !Array.isArray(input), 'input is an object')
  }
  if (type === 'image' && source?.type === 'base64') found.oneOf(source.media_type, imageTypes, 'type of an image')
  if (type === 'document' && source?.type === 'base64')
    found.oneOf(source.media_type, ['application/pdf'], 'type of a file')
  if (type === 'document' && source?.type === 'text') found.must(!isBlankText(source.data), 'a document has text')
  // publicly known: "content cannot be empty if `is_error` is true"
  if (is_error === true) found.must((content?.length ?? 0) > 0, 'an error has content')
  for (const inner of content ?? []) checkBlock(inner, found)
}

/** publicly known: "`tool_use` ids were found without `tool_result` blocks immediately after" */
function checkCalls({ role, content }: Turn, next: Turn | undefined, found: Violations): void {
  const calls = content.filter(({ type }) => type === 'tool_use')
  found.must(calls.length === 0 || role === 'assistant', 'calls are the assistant’s')
  const answered = new Set(next?.content.map(({ tool_use_id }) => tool_use_id))
  for (const { id } of calls) found.must(answered.has(id), `the call ${id} has its result directly behind it`)
}

/** publicly known: "unexpected `tool_use_id` found in `tool_result` blocks", "each tool_use must have a single result" */
function checkResults({ role, content }: Turn, before: Turn | undefined, found: Violations): void {
  const results = content.filter(({ type }) => type === 'tool_result')
  found.must(results.length === 0 || role === 'user', 'results are the user’s')
  const called = new Set(before?.content.flatMap(({ type, id }) => (type === 'tool_use' ? [id] : [])))
  for (const { tool_use_id } of results)
    found.must(called.has(tool_use_id), `the result ${tool_use_id} has its call directly before it`)
  found.distinct(
    results.map(({ tool_use_id }) => tool_use_id),
    'results',
  )
  const first = content.findIndex(({ type }) => type !== 'tool_result')
  found.must(first < 0 || !content.slice(first).some(({ type }) => type === 'tool_result'), 'results come first')
}
