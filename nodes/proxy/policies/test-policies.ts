// One policy in a whole pipeline, as limits, guardrails, caches and prompts will be: it rewrites the request, takes a hold and
// filters the answer; nothing else of the gateway knows of it.
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import type { ChatRequest, Message } from '../../../shared/chat/request.ts'
import { usageOf } from '../../../shared/chat/usage.ts'
import type { Outcome } from '../accounting/outcome.ts'
import { type AskedCall, TestGateway } from '../apis/test-gateway.ts'
import { unparsedError } from '../errors/gateway-error.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import { anthropic, gemini, openAiChat, type PlayedDialect } from '../streams/test-streams.ts'
import type { Policy, PolicyDecision } from './policy.ts'

/** Hides names on the way in, shouts on the way out, and holds something in between. */
export class Redaction implements Policy {
  readonly name = 'redaction'
  /** What its holds were told. */
  readonly settled: Outcome[] = []
  held = 0

  governs(): boolean {
    return true
  }

  decide(_request: AuthenticatedRequest, asked: InferenceRequest): PolicyDecision {
    const parsed = asked.parsed()
    if (!parsed.ok) return { type: 'reject', error: unparsedError(parsed.error) }
    this.held++
    const hold = { settle: (outcome: Outcome) => void this.settled.push(outcome) }
    return { type: 'proceed', asked: asked.with(redacted(parsed.value.request)), hold, filter: shouting }
  }
}

function redacted(request: ChatRequest): ChatRequest {
  return { ...request, messages: request.messages.map(withoutNames) }
}

function withoutNames(message: Message): Message {
  if (message.role !== 'user') return message
  const parts = message.parts.map((part) =>
    part.type === 'text' ? { ...part, text: part.text.replaceAll('Ada', '[NAME]') } : part,
  )
  return { ...message, parts }
}

export const shouting: AnswerFilter = (emit) => (event) => emit(loud(event))

function loud(event: ChatEvent): ChatEvent {
  return event.type === 'text-delta' ? { ...event, text: event.text.toUpperCase() } : event
}

/** A policy that comes to one decision about every request. */
export function deciding(decide: Policy['decide']): Policy {
  return { name: 'later', governs: () => true, decide }
}

export const rewriting = deciding((_request, asked) => {
  const parsed = asked.parsed()
  return { type: 'proceed', asked: parsed.ok ? asked.with(redacted(parsed.value.request)) : asked }
})
export const filtering = deciding((_request, asked) => ({ type: 'proceed', asked, filter: shouting }))
export const rejecting = deciding(() => ({ type: 'reject', error: { type: 'model-not-allowed', model: 'gpt' } }))

export const cached: ChatAnswer = {
  id: 'hit_1',
  model: 'gpt-4o',
  created: 1,
  choices: [{ parts: [{ type: 'text', text: 'from memory' }], finish: { reason: 'stop' } }],
  usage: usageOf({ input: 5, output: 2 }),
}
export const answering = deciding(() => ({ type: 'answer', answer: cached, status: 'HIT' }))

export async function opened({
  policies,
  later = [],
}: {
  policies?: readonly Policy[]
  later?: readonly Policy[]
} = {}) {
  const redaction = new Redaction()
  const gateway = await TestGateway.open({ policies: policies ?? [redaction, ...later] })
  return { gateway, redaction, upstream: gateway.upstream }
}

export const question = { model: 'gpt', messages: [{ role: 'user', content: 'I am Ada' }] }
export const streamed = { ...question, stream: true }

export interface Caller {
  readonly name: string
  readonly asked: AskedCall
  readonly upstream: PlayedDialect
  /** Text that the caller is told. */
  readonly said: (text: string) => string
  /** What ends its stream. */
  readonly end?: string
}

export const contents = { contents: [{ role: 'user', parts: [{ text: 'I am Ada' }] }] }
export const claude = { model: 'claude', max_tokens: 9, messages: [{ role: 'user', content: 'I am Ada' }] }
export const responses = { model: 'gpt', input: 'I am Ada', store: false }
export const completion = { model: 'gpt', prompt: 'I am Ada' }

/** Callers whose bytes would pass through, were it not for the policy. */
export const streams: readonly Caller[] = [
  {
    name: 'chat completions',
    asked: { body: streamed },
    upstream: openAiChat,
    said: (text) => `"content":"${text}"`,
    end: 'data: [DONE]\n\n',
  },
  {
    name: 'completions',
    asked: { path: '/v1/completions', body: { ...completion, stream: true } },
    upstream: openAiChat,
    said: (text) => `"text":"${text}"`,
    end: 'data: [DONE]\n\n',
  },
  {
    name: 'responses',
    asked: { path: '/v1/responses', body: { ...responses, stream: true } },
    upstream: openAiChat,
    said: (text) => `"delta":"${text}"`,
    end: 'event: response.completed',
  },
  {
    name: 'messages',
    asked: { path: '/v1/messages', body: { ...claude, stream: true } },
    upstream: anthropic,
    said: (text) => `{"type":"text_delta","text":"${text}"}`,
    end: 'event: message_stop',
  },
  {
    name: 'generateContent',
    asked: { path: '/v1beta/models/gem:streamGenerateContent', query: 'alt=sse', body: contents },
    upstream: gemini,
    said: (text) => `"text":"${text}"`,
    end: '"finishReason":"STOP"',
  },
]
