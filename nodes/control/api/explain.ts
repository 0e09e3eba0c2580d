// Why a request went where it went: what an aggregator recorded of it, beside the targets that the configuration of that
// moment offered.
import type { ConfigState } from '../../../shared/config/state.ts'

export interface Candidate {
  model: string
  provider: string
  target: string
  weight: number
  /** 0 for the model that was asked for, then its fallbacks in their order. */
  fallbackIndex: number
}

/** The fields of an aggregator's answer that are read here. */
export interface RecordedRequest {
  model: string
  status: string
  errorCode: string
  /** `limits/…`, `budgets/…` or `providers/…`, where one has rejected or cut the request. */
  limitedBy?: string
  explain: {
    revision: number
    chosen?: { provider: string; target: string }
    attempts: RecordedAttempt[]
  }
}

export interface RecordedAttempt {
  provider: string
  target: string
  outcome: string
  upstreamStatus: number
  /** Share of the target, and the number of the proxy's table that it comes from. Only latency routing sets both. */
  share?: number
  sharesRevision?: number
  /** Targets before this one were passed over, because a limit had no room. */
  passedOver?: true
  /** The wait for the provider's quota before it. */
  queuedMs?: number
}

/** `state` is the configuration at `explain.revision`; undefined when it cannot be read any more. */
export function explained(request: RecordedRequest, state: ConfigState | undefined) {
  const { revision, chosen, attempts } = request.explain
  const candidates = state === undefined ? [] : candidatesOf(state, request.model)
  const routing = state?.resources.models.get(request.model)?.spec.routing ?? 'weighted'
  return { revision, candidates, chosen, why: reasonOf(request, routing, candidates), attempts }
}

function candidatesOf(state: ConfigState, model: string): Candidate[] {
  const spec = state.resources.models.get(model)?.spec
  if (spec === undefined) return directCandidate(state, model)
  return [model, ...(spec.fallbacks ?? [])].flatMap((name, fallbackIndex) =>
    (state.resources.models.get(name)?.spec.targets ?? []).map((target) => ({
      model: name,
      provider: target.provider,
      target: target.model,
      weight: target.weight ?? 1,
      fallbackIndex,
    })),
  )
}

/** `openai/gpt-4o`: a provider's own model, asked for by name. */
function directCandidate(state: ConfigState, model: string): Candidate[] {
  const slash = model.indexOf('/')
  const provider = model.slice(0, Math.max(slash, 0))
  if (!state.resources.providers.has(provider)) return []
  return [{ model, provider, target: model.slice(slash + 1), weight: 1, fallbackIndex: 0 }]
}

function reasonOf(request: RecordedRequest, routing: string, candidates: readonly Candidate[]): string {
  const { chosen, attempts } = request.explain
  if (attempts.length === 0) {
    const why = request.errorCode === '' ? request.status : request.errorCode
    return `No attempt was made: ${why}${byOf(request)}.`
  }
  const first = candidates.filter(({ fallbackIndex }) => fallbackIndex === 0).length
  const drawn = `The first of ${first} targets was drawn by ${routing} routing${shareOf(attempts[0]!)}.`
  const choice = first > 1 ? drawn : 'There was one target.'
  const full = attempts.some(({ passedOver }) => passedOver === true) ? [passedOverText] : []
  const failed = attempts.slice(0, -1).map(({ provider, target, outcome, upstreamStatus }) => {
    const status = upstreamStatus === 0 ? '' : ` (${upstreamStatus})`
    return `${provider}/${target} ended in ${outcome}${status}, so the next was tried.`
  })
  const last = chosen === undefined ? 'Every attempt failed.' : `${chosen.provider}/${chosen.target} answered.`
  const waited = attempts.flatMap(({ provider, target, queuedMs }) =>
    queuedMs === undefined
      ? []
      : [`${provider}/${target} was waited for ${Math.round(queuedMs)} ms: its quota was used up.`],
  )
  const cut = request.status === 'cut' ? [`The answer was cut: ${request.errorCode}${byOf(request)}.`] : []
  const end = request.status === 'failed' ? `Every attempt failed${byOf(request)}.` : last
  return [choice, ...full, ...waited, ...failed, end, ...cut].join(' ')
}

function byOf({ limitedBy }: RecordedRequest): string {
  return limitedBy === undefined ? '' : `, by ${limitedBy}`
}

const passedOverText = 'Targets were passed over, because a limit had no room for them.'

/** The share of the first target in the draw; empty where there was no draw by latency. */
function shareOf({ provider, target, share, sharesRevision }: RecordedAttempt): string {
  if (share === undefined) return ''
  const percent = Math.round(share * 1_000) / 10
  return `: ${provider}/${target} had ${percent} % of the draw, in table ${sharesRevision} of the proxy's shares`
}
