// A law of requests: a member that the caller's official SDK knows for a message, a part or a tool is printed for the target, or named
// to the caller, or the request is refused.
import { expect, test } from 'vitest'
import { missingOf } from '../../../shared/chat/capabilities.ts'
import { needsOf } from '../../../shared/chat/needs.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import { unplaced } from './common/places.ts'
import type { InboundDialect, UpstreamDialect } from './dialect.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { plainTarget } from './test-dialects.ts'
import { knownMembers } from './test-members.ts'

const upstreams: readonly (readonly [UpstreamDialect, model: string])[] = [
  [openAiChatUpstream, 'gpt-4o'],
  [openAiResponsesUpstream, 'gpt-5-codex'],
  [anthropicUpstream, 'claude-sonnet-4-5'],
  [bedrockUpstream, 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
  [bedrockUpstream, 'amazon.nova-pro-v1:0'],
  [geminiUpstream, 'gemini-2.5-pro'],
  [cohereUpstream, 'command-a-03-2025'],
]

interface Told {
  readonly body: string
  readonly named: readonly string[]
}

/** What becomes of a request; undefined where it is refused. */
function tell(
  caller: InboundDialect,
  asked: JsonObject,
  [upstream, model]: (typeof upstreams)[number],
): Told | undefined {
  const read = caller.parseRequest(asked)
  if (!read.ok) return undefined
  const request = read.value
  if (missingOf(needsOf(request), upstream, {}) !== undefined) return undefined
  const printed = upstream.printRequest(request, { ...plainTarget, model })
  if (!printed.ok) return undefined
  const dropped = printed.value.dropped.map((one) => ('member' in one ? one.member : one.parameter))
  return { body: printed.value.body, named: [...dropped, ...(request.unknown ?? []), ...unplaced(request, upstream)] }
}

const cases = knownMembers.flatMap((known) =>
  upstreams.map(
    (upstream) => [known.caller.name, known.where, `${upstream[0].name}, ${upstream[1]}`, known, upstream] as const,
  ),
)

test.each(cases)('every member that %s knows of a %s is told to %s, or named', (_, __, ___, known, upstream) => {
  const { caller, base, members, put, silent } = known
  const plain = tell(caller, put(base), upstream)
  const lost = Object.keys(members).filter((name) => {
    if (silent.includes(name)) return false
    const told = tell(caller, put({ ...base, [name]: members[name] }), upstream)
    if (told === undefined || told.body !== plain?.body) return false
    return told.named.every((one) => plain.named.includes(one))
  })
  expect(lost).toEqual([])
})
