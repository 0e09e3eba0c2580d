// The published limits of Bedrock's Converse API. Sources: its API reference (`ToolSpecification.name` and `toolUseId`:
// [a-zA-Z0-9_-]+ of 64 characters; `DocumentBlock.name` of 200; `InferenceConfiguration`; `requestMetadata`; `CachePointBlock`),
// and, where marked, words of its validation errors that are publicly known. The reference is not in node_modules.
import { checkClosed } from './test-anthropic.ts'
import { isBlankText, membersOf, type SentRequest, Violations } from './test-violations.ts'

interface Block {
  readonly text?: string
  readonly toolUse?: { readonly toolUseId: string; readonly name: string; readonly input: unknown }
  readonly toolResult?: { readonly toolUseId: string; readonly content: readonly Block[]; readonly status?: string }
  readonly document?: { readonly name: string; readonly source: { readonly text?: string } }
  readonly image?: { readonly format: string }
  readonly cachePoint?: { readonly ttl?: string }
}

interface Turn {
  readonly role: string
  readonly content: readonly Block[]
}

const idPattern = /^[a-zA-Z0-9_-]{1,64}$/

export function bedrockViolations({ body, model, path }: SentRequest): readonly string[] {
  const found = new Violations()
  found.must(path.startsWith(`/model/${encodeURIComponent(model)}/converse`), 'the model is in the path')
  const isClaude = /claude/.test(model)
  checkConfig(body, isClaude, found)
  checkTools(body, found)
  checkMarkers(body, isClaude, found)
  for (const block of body.system ?? [])
    found.must(block.cachePoint !== undefined || !isBlankText(block.text), 'system has no blank text')
  checkTurns(body.messages, isClaude, found)
  const documents = membersOf(body.messages, 'document') as { name: string }[]
  // publicly known: "duplicate document names"
  found.distinct(
    documents.map(({ name }) => name),
    'names of documents',
  )
  const format = body.outputConfig?.textFormat?.structure?.jsonSchema
  if (format !== undefined) checkClosed(JSON.parse(format.schema), found)
  return found.list
}

function checkConfig(body: SentRequest['body'], isClaude: boolean, found: Violations): void {
  const { maxTokens, temperature, topP, stopSequences } = body.inferenceConfig ?? {}
  found.whole(maxTokens, 1, 'maxTokens')
  found.within(temperature, 0, 1, 'temperature')
  found.within(topP, 0, 1, 'topP')
  found.must((stopSequences?.length ?? 0) <= 2500, 'at most 2500 stop sequences')
  for (const stop of stopSequences ?? [])
    found.must(stop.length > 0 && !(isClaude && isBlankText(stop)), 'no empty stop')
  const { thinking, top_k } = body.additionalModelRequestFields ?? {}
  const thinks = thinking !== undefined && thinking.type !== 'disabled'
  if (thinks)
    found.must(
      [temperature, topP, top_k].every((value) => value === undefined),
      'nothing is sampled beside thinking',
    )
  if (thinks) found.must(body.messages.at(-1)?.role !== 'assistant', 'no begun answer beside thinking')
  if (thinking?.type === 'enabled') {
    found.whole(thinking.budget_tokens, 1024, 'budget_tokens')
    found.must(thinking.budget_tokens < maxTokens, 'budget_tokens is below maxTokens')
  }
  const pairs = Object.entries(body.requestMetadata ?? {}) as [string, string][]
  found.must(pairs.length <= 16 && pairs.flat().every((text) => text.length <= 256), 'metadata is short')
}

function checkTools(
  { toolConfig, messages, additionalModelRequestFields }: SentRequest['body'],
  found: Violations,
): void {
  const uses = membersOf(messages, 'toolUse').length + membersOf(messages, 'toolResult').length
  // publicly known: "The toolConfig field must be defined when using toolUse and toolResult content blocks"
  if (toolConfig === undefined) return found.must(uses === 0, 'toolConfig is there where tools are used')
  const specs = membersOf(toolConfig, 'toolSpec') as {
    name: string
    description?: string
    inputSchema: { json: unknown }
  }[]
  found.must(specs.length > 0, 'tools are not empty')
  found.distinct(
    specs.map(({ name }) => name),
    'names of tools',
  )
  for (const { name, description, inputSchema } of specs) {
    found.matches(name, idPattern, 'name of a tool')
    found.must(description === undefined || description !== '', 'a description is not empty')
    found.must((inputSchema.json as { type: string }).type === 'object', 'the schema is an object’s')
  }
  const chosen = toolConfig.toolChoice?.tool?.name
  if (chosen !== undefined)
    found.oneOf(
      chosen,
      specs.map(({ name }) => name),
      'the chosen tool',
    )
  const thinks = additionalModelRequestFields?.thinking?.type
  if (thinks === 'enabled' || thinks === 'adaptive')
    found.must(toolConfig.toolChoice?.any === undefined && chosen === undefined, 'nothing is forced beside thinking')
}

function checkMarkers(
  { toolConfig, system, messages }: SentRequest['body'],
  isClaude: boolean,
  found: Violations,
): void {
  const markers = membersOf([toolConfig, system, messages], 'cachePoint') as { ttl?: string }[]
  found.must(markers.length <= 4, `at most four cache points: ${markers.length}`)
  const hours = markers.map(({ ttl }) => ttl === '1h')
  if (isClaude)
    found.must(
      hours.lastIndexOf(true) <= hours.indexOf(false) || !hours.includes(false),
      'markers of an hour come first',
    )
}

function checkTurns(turns: readonly Turn[], isClaude: boolean, found: Violations): void {
  // publicly known: "A conversation must start with a user message"
  found.must(turns[0]?.role === 'user', 'the first message is the user’s')
  for (const [i, { role, content }] of turns.entries()) {
    // publicly known: "A conversation must alternate between user and assistant roles"
    if (i > 0) found.must(role !== turns[i - 1]?.role, 'roles alternate')
    found.must(content.length > 0, 'content is not empty')
    found.must(content[0]?.cachePoint === undefined, 'a cache point has a block before it')
    for (const block of content) checkBlock(block, found)
    const hasDocument = content.some(({ document }) => document !== undefined)
    found.must(!hasDocument || content.some(({ text }) => text !== undefined), 'a document has a text beside it')
    checkPairs(content, turns[i + 1]?.content ?? [], turns[i - 1]?.content ?? [], found)
  }
  const end = turns.at(-1)?.content.at(-1)?.text
  if (isClaude && turns.at(-1)?.role === 'assistant' && end !== undefined)
    found.must(end === end.trimEnd(), 'no space at the end')
  const ids = turns.flatMap(({ content }) =>
    content.flatMap(({ toolUse }) => (toolUse === undefined ? [] : [toolUse.toolUseId])),
  )
  found.distinct(ids, 'ids of calls')
}

function checkBlock({ text, toolUse, toolResult, document, image }: Block, found: Violations): void {
  // publicly known: "The text field in the ContentBlock object is blank"
  if (text !== undefined) found.must(!isBlankText(text), 'no text is blank')
  if (image !== undefined) found.oneOf(image.format, ['png', 'jpeg', 'gif', 'webp'], 'format of an image')
  if (toolUse !== undefined) {
    found.matches(toolUse.toolUseId, idPattern, 'id of a call')
    found.matches(toolUse.name, idPattern, 'name of a call')
    found.must(typeof toolUse.input === 'object' && !Array.isArray(toolUse.input), 'input is an object')
  }
  if (document !== undefined) {
    const { name, source } = document
    found.must(/^[A-Za-z0-9\s()[\]-]{1,200}$/.test(name) && !/\s\s/.test(name), `name of a document: ${name}`)
    found.must(source.text === undefined || !isBlankText(source.text), 'a document has text')
  }
  for (const inner of toolResult?.content ?? []) checkBlock(inner, found)
}

/** publicly known: "Expected toolResult blocks at messages.2.content for the following Ids", "The number of toolResult blocks
 *  exceeds the number of toolUse blocks of previous turn" */
function checkPairs(own: readonly Block[], next: readonly Block[], before: readonly Block[], found: Violations): void {
  const idsOf = (blocks: readonly Block[], kind: 'toolUse' | 'toolResult') =>
    blocks.flatMap((block) => block[kind]?.toolUseId ?? [])
  for (const id of idsOf(own, 'toolUse'))
    found.must(idsOf(next, 'toolResult').includes(id), `the call ${id} has its result directly behind it`)
  for (const id of idsOf(own, 'toolResult'))
    found.must(idsOf(before, 'toolUse').includes(id), `the result ${id} has its call directly before it`)
  found.distinct(idsOf(own, 'toolResult'), 'results')
}
