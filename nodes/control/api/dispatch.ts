// The way of one request through the control port, in the order in which it may be refused: host, path, origin, rights,
// query, body. Only then does a handler see it.
import type { z } from 'zod'
import type { MetricsAccess } from '../../../cluster/http-port/metrics-access.ts'
import { type Judged, problemsOf } from '../../../shared/config/issues.ts'
import { hostIsKnown } from '../../../shared/network/host-names.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type HttpAnswer, type Problem, type ProblemItem, problem } from '../http/answer.ts'
import { originIsForeign } from '../http/host-check.ts'
import { parseJsonText } from '../http/json-text.ts'
import { problems } from '../http/problems.ts'
import type { ControlRequest } from '../http/server.ts'
import { type Actor, type CallBody, formMedia, jsonMedia, type MediaType, type Route } from './route.ts'
import type { Router } from './router.ts'

export interface DispatchOptions {
  router: Router
  hosts: readonly string[]
  /** Who asks, by bearer token or session. */
  identify: (request: ControlRequest) => Promise<Result<{ actor: string }, Problem>>
  metricsAccess: MetricsAccess
  /** Answers paths without a route: files of the console. */
  elsewhere: (request: ControlRequest) => Promise<HttpAnswer | undefined>
}

const reasonLengthMax = 512

export async function dispatch(options: DispatchOptions, request: ControlRequest): Promise<HttpAnswer> {
  if (!hostIsKnown(request.host, options.hosts)) return problem(problems.unknownHost())
  if (originIsForeign(request.header('origin'), request.host)) return problem(problems.foreignOrigin())
  const match = options.router.find(request.method, request.path)
  if (!match.ok) return (await options.elsewhere(request)) ?? problem(match.error)
  const { route, params } = match.value
  const caller = await callerOf(options, route, request)
  if (!caller.ok) return problem(caller.error)
  const query = parseQuery(route, request.query)
  if (!query.ok) return problem(query.error)
  const body = await parseBody(route, request)
  if (!body.ok) return problem(body.error)
  return route.handle({ request, params, query: query.value, body: body.value, caller: caller.value })
}

async function callerOf(
  options: DispatchOptions,
  route: Route,
  request: ControlRequest,
): Promise<Result<Actor, Problem>> {
  const reason = (request.header('x-headgate-reason') ?? '').slice(0, reasonLengthMax)
  const isOpen = route.access === 'anyone' || isMetricsReader(options, route, request)
  if (isOpen) return done({ actor: 'anonymous', reason })
  const identity = await options.identify(request)
  if (!identity.ok && isWithoutToken(route, request)) return fail(problems.unauthorized(metricsTokenIsNeeded))
  return identity.ok ? done({ actor: identity.value.actor, reason }) : identity
}

const metricsTokenIsNeeded =
  'Send `Authorization: Bearer <HEADGATE_METRICS_TOKEN>`. An administrator may read the metrics too.'

function isWithoutToken({ access }: Route, request: ControlRequest): boolean {
  return access === 'metrics-reader' && request.header('authorization') === undefined
}

/** An administrator may read the metrics too: the console links to them. */
function isMetricsReader({ metricsAccess }: DispatchOptions, { access }: Route, request: ControlRequest): boolean {
  return access === 'metrics-reader' && metricsAccess.allows(request.header('authorization'))
}

function parseQuery(route: Route, query: URLSearchParams): Result<Record<string, unknown>, Problem> {
  const items: ProblemItem[] = []
  for (const name of new Set(query.keys())) {
    const path = `query.${name.slice(0, 64)}`
    if (route.query?.shape[name] === undefined) items.push({ path, message: 'is not a parameter of this path' })
    else if (query.getAll(name).length > 1) items.push({ path, message: 'stands here more than once' })
  }
  if (items.length > 0 && route.ignoresOtherQuery !== true) return fail(problems.invalid(items))
  if (route.query === undefined) return done({})
  const input = Object.fromEntries(query)
  const parsed = route.query.safeParse(input)
  if (parsed.success) return done(parsed.data)
  return fail(problems.invalid(itemsOf(parsed.error, { schema: route.query, input, prefix: ['query'] })))
}

async function parseBody(route: Route, request: ControlRequest): Promise<Result<CallBody, Problem>> {
  const none = done({ media: undefined, text: '', value: undefined })
  if (route.body === undefined) return none
  const media = mediaOf(request, route.body.media)
  if (media === undefined && route.body.optional && !announcesBody(request)) return none
  if (media === undefined) return fail(problems.unsupportedMediaType(route.body.media))
  const bytes = await request.body()
  if (!bytes.ok) return bytes
  const text = decodeUtf8(bytes.value)
  if (text === undefined) return fail(problems.badRequest('The body is not valid UTF-8.'))
  if (text === '' && route.body.optional) return none
  if (text === '') return fail(problems.badRequest('The body is empty.'))
  if (media === formMedia) return done({ media, text, value: Object.fromEntries(new URLSearchParams(text)) })
  if (media !== jsonMedia) return done({ media, text, value: undefined })
  const json = parseJsonText(text)
  if (!json.ok) return fail(problems.invalidJson(json.error.message, json.error))
  return done({ media, text, value: json.value })
}

const yamlNames = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']

function mediaOf(request: ControlRequest, accepted: readonly MediaType[]): MediaType | undefined {
  const encoding = request.header('content-encoding') ?? 'identity'
  if (encoding !== 'identity') return undefined
  const name = (request.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  return accepted.find((media) => (yamlNames.includes(media) ? yamlNames.includes(name) : media === name))
}

function announcesBody(request: ControlRequest): boolean {
  return (request.header('content-length') ?? '0') !== '0' || request.header('transfer-encoding') !== undefined
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes) // a byte order mark is dropped
  } catch {
    return undefined
  }
}

/** What is wrong with input, in the words that resources have for it. */
export function itemsOf(error: z.ZodError, judged: Judged): ProblemItem[] {
  return problemsOf(error, judged).map(({ path, message }) => ({ path, message }))
}
