// Sends an answer that no upstream gave (a policy did, from a cache or a rule) in the caller's dialect and mode, through the
// filters of now.
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import { estimateTokens } from '../../../shared/chat/estimate.ts'
import { explode } from '../../../shared/chat/explode.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { CacheStatus } from '../../../shared/telemetry/records.ts'
import { noTokens } from '../accounting/attempt-cost.ts'
import { heldLines } from '../accounting/held-lines.ts'
import type { Outcome } from '../accounting/outcome.ts'
import { askedFacts, type InboundDialect, type PrintFacts } from '../dialects/dialect.ts'
import { type GatewayError, unparsedError } from '../errors/gateway-error.ts'
import type { Permit } from '../policies/run-policies.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import { type AnswerFilter, filterAnswer, filtered } from '../streams/answer-filter.ts'
import { eventStream } from '../streams/answer-stream.ts'
import type { DeliveryTools } from './delivery.ts'
import { answerLines, contentHeaders } from './response-headers.ts'

export interface ReplayedAnswer {
  readonly answer: ChatAnswer
  readonly cacheStatus: CacheStatus
  readonly permit: Permit
}

interface Printed {
  readonly contentType: string
  readonly text: string
}

export function replayAnswer(
  { clock, settlement }: DeliveryTools,
  request: AuthenticatedRequest,
  { answer, cacheStatus, permit }: ReplayedAnswer,
): void {
  const { reply, id, startedMs, snapshot, operation, body } = request
  const { asked, filters, holds } = permit
  const { model, stream } = asked.facts
  const printed = printAnswer(answer, { request, asked, filters, nowSeconds: Math.floor(clock.wallMs() / 1_000) })
  if (!printed.ok) {
    settlement.reject(request, printed.error, { model, holds })
    return
  }
  body.notNeeded()
  const { contentType, text } = printed.value
  const endedMs = clock.monotonicMs()
  const headers = contentHeaders(contentType, id)
  const lines = answerLines({
    requestId: id,
    revisionText: snapshot.revisionText,
    target: undefined,
    dropped: '',
    requestIdToo: operation.errors === 'anthropic',
    attempts: 0,
    fallbackIndex: 0,
    cacheStatus,
    limits: heldLines(holds),
    upstreamMs: 0,
    overheadMs: endedMs - startedMs,
    costNanoUsd: 0,
    unpriced: false,
  })
  const outcome: Outcome = {
    status: 'ok',
    httpStatus: 200,
    errorCode: '',
    model,
    stream,
    cacheStatus,
    attempts: [],
    attemptCount: 0,
    fallbackIndex: 0,
    tokens: answer.usage ?? noTokens,
    estimated: false,
    units: undefined,
    costNanoUsd: 0,
    times: { endedMs, upstreamMs: 0, firstForwardMs: undefined, firstTokenMs: stream ? endedMs : 0 },
  }
  settlement.settle(request, outcome, holds, () => reply.send(200, headers, text, lines))
}

interface Printing {
  readonly request: AuthenticatedRequest
  readonly asked: InferenceRequest
  readonly filters: readonly AnswerFilter[]
  readonly nowSeconds: number
}

function printAnswer(
  answer: ChatAnswer,
  { request, asked, filters, nowSeconds }: Printing,
): Result<Printed, GatewayError> {
  const { inbound, showUsage, stream } = asked.facts
  const parsed = asked.parsed()
  if (!parsed.ok) return fail(unparsedError(parsed.error))
  if (inbound === undefined) return fail({ type: 'internal' })
  const { request: conversation } = parsed.value
  const estimatedInput = estimateTokens(conversation)
  const toldAsked = askedFacts(inbound, conversation)
  const facts: PrintFacts = { requestId: request.id, nowSeconds, estimatedInput, showUsage, asked: toldAsked }
  return stream
    ? done(printStream(answer, { inbound, facts, filters }))
    : printWhole(answer, { inbound, facts, filters })
}

interface Printer {
  readonly inbound: InboundDialect
  readonly facts: PrintFacts
  readonly filters: readonly AnswerFilter[]
}

function printWhole(answer: ChatAnswer, { inbound, facts, filters }: Printer): Result<Printed, GatewayError> {
  const left = filterAnswer(filters, answer)
  if (left === undefined) return fail({ type: 'internal' })
  return done({ contentType: 'application/json', text: inbound.printAnswer(left, facts) })
}

function printStream(answer: ChatAnswer, { inbound, facts, filters }: Printer): Printed {
  const printer = inbound.openPrinter(facts)
  let text = ''
  const emit = filtered(filters, (event) => {
    text += printer.print(event)
  })
  explode(answer, emit)
  return { contentType: inbound.framing?.contentType ?? eventStream, text }
}
