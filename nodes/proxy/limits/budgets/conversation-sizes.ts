// What a conversation tells of its cost: a few facts, which another process tells of a large one.
import { bounds } from '../../../../shared/bounds.ts'
import type { Capability } from '../../../../shared/chat/capabilities.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { storedLength } from '../../conversations/continuation.ts'
import { StoredHistory } from '../../conversations/history.ts'
import { ReferredTurns } from '../../conversations/item-references.ts'
import type { GatewayError, Unparsed } from '../../errors/gateway-error.ts'
import { unparsedError } from '../../errors/gateway-error.ts'
import type { Job, Jobs } from '../../large/job.ts'
import { operationNamed } from '../../operations/named-operation.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import type { InferenceRequest } from '../../request/inference-request.ts'
import { type ParsedChat, parseBody, parseConversation } from '../../request/parse-conversation.ts'

export interface ConversationSizes {
  /** Why the provider may do more than answer; undefined where it does not. */
  readonly costly: string | undefined
  /** Whether there is something beside text: its tokens are not known. */
  readonly hasMedia: boolean
  readonly hasTools: boolean
  /** The bytes of all that is said, and of the tools. */
  readonly bytes: number
  readonly maxOutputTokens: number | undefined
  readonly answers: number
}

const media: ReadonlySet<Capability> = new Set([
  ...(['images', 'audio', 'video', 'files', 'uploaded files', 'foreign content'] as const),
])

/** Members by which providers are asked to search or to use servers of others, at a cost of their own. */
const costly = ['web_search_options', 'search_parameters', 'enable_search', 'plugins', 'mcp_servers', 'container']

export function conversationSizes({ request, needs }: ParsedChat): ConversationSizes {
  const { messages, tools, extras, parameters } = request
  const capabilities = needs.map(({ capability }) => capability)
  const hosted = capabilities.includes('hosted tools') ? 'its own tools' : undefined
  return {
    costly: costly.find((name) => name in extras) ?? hosted,
    hasMedia: capabilities.some((one) => media.has(one)),
    hasTools: tools.length > 0,
    bytes: Buffer.byteLength(JSON.stringify([messages, tools])),
    maxOutputTokens: parameters.maxOutputTokens,
    answers: Math.max(1, parameters.n ?? 1),
  }
}

export interface SizesHead {
  /** The name of the operation. */
  readonly operation: string
  readonly betas: string | undefined
  readonly historyTurns: number | undefined
  readonly referredTurns: number | undefined
}

export const sizesJob: Job<SizesHead, Result<ConversationSizes, Unparsed>> = {
  name: 'measure',
  run({ operation, betas, historyTurns, referredTurns }, [body = Buffer.alloc(0), ...turns]) {
    const { inbound } = operationNamed(operation)
    if (inbound === undefined) throw new Error(`${operation} has no conversation`)
    const history = historyTurns === undefined ? undefined : new StoredHistory(turns.slice(0, historyTurns))
    const referred = referredTurns === undefined ? undefined : new ReferredTurns(turns.slice(historyTurns ?? 0))
    const parsed = parseConversation({ inbound, body: parseBody(body), history, referred, betas })
    return { told: parsed.ok ? done(conversationSizes(parsed.value)) : parsed, bodies: [] }
  },
}

/** Undefined where the conversation is small, or none is there: it is looked at at once. */
export function sizesLater(
  request: AuthenticatedRequest,
  { facts, replaced, hasConversation }: InferenceRequest,
  jobs: Jobs,
): Promise<Result<ConversationSizes, GatewayError>> | undefined {
  const { body, state, betas } = facts
  if (!hasConversation || replaced !== undefined || body.type === 'form') return undefined
  const { bytes, open, close } = body.scan
  if (bytes.length + storedLength(state) <= bounds.parsedHereBytesMax) return undefined
  const [history, referred] = [state?.history?.turns, state?.referred?.turns]
  const operation = request.operation.name
  const head = { operation, betas, historyTurns: history?.length, referredTurns: referred?.length }
  const bodies = [bytes.subarray(open, close), ...(history ?? []), ...(referred ?? [])].map((one) => [one])
  return jobs.run(sizesJob, { head, bodies, owner: request.caller, hold: request.body }).result.then((outcome) => {
    if (!outcome.ok) return fail(outcome.error)
    const { told } = outcome.value
    return told.ok ? told : fail(unparsedError(told.error))
  })
}
