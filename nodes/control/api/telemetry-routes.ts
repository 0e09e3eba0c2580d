// What the aggregators know, asked over the bus and passed on as they say it. The control node keeps none of it: while no
// aggregator answers, the answer is an honest 503 and the configuration can be managed all the same.
import { z } from 'zod'
import { type Bus, decodeJson, encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { limits } from '../../../shared/limits.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { AggregatorQuery } from '../../../shared/telemetry/records.ts'
import { type Answer, json, type Problem, problem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'
import { opaqueBody, problemBody, requestsBody, targetsBody, usageBody } from './answers.ts'
import type { Call, Route } from './route.ts'

const queryTimeoutMs = 2_000
const instant = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-01-31T00:00:00Z' })
const groups = ['key', 'model', 'team', 'user', 'app', 'costCenter', 'provider', 'day', 'hour'] as const
const requestFilters = ['model', 'key', 'team', 'user', 'app', 'status', 'provider'] as const

export function telemetryRoutes(bus: Bus): Route[] {
  const pass = async (query: AggregatorQuery): Promise<Answer> => {
    const answer = await askAggregator(bus, query)
    if (!answer.ok) return problem(answer.error)
    const value = decodeJson(answer.value)
    // An aggregator says `null` for what it does not have.
    return value === null ? problem(problems.notFound('There is no such request in the history.')) : json(200, value)
  }
  const open = { method: 'GET', access: 'administrator' } as const
  return [
    {
      ...open,
      path: '/api/v1/usage',
      summary: 'Requests, tokens and cost, grouped',
      query: z.object({ groupBy: listOf(groups).optional(), from: instant.optional(), to: instant.optional() }),
      answers: { 200: usageBody, 422: problemBody, 503: problemBody },
      handle: ({ query }) =>
        pass({
          type: 'usage',
          groupBy: (query['groupBy'] as string[] | undefined) ?? [],
          ...timeOf('fromMs', query['from']),
          ...timeOf('toMs', query['to']),
        }),
    },
    {
      ...open,
      path: '/api/v1/requests',
      summary: 'The newest requests first, metadata only',
      query: z.object({
        limit: pageLimit(100),
        before: z.string().max(256).optional(),
        ...Object.fromEntries(requestFilters.map((name) => [name, z.string().max(256).optional()])),
      }),
      answers: { 200: requestsBody, 422: problemBody, 503: problemBody },
      handle: ({ query }) => pass(requestsQuery(query)),
    },
    {
      ...open,
      path: '/api/v1/requests/{id}/explain',
      summary: 'Why a request went where it went',
      answers: { 200: opaqueBody, 404: problemBody, 503: problemBody },
      handle: ({ params }) => pass({ type: 'request', id: params['id']! }),
    },
    {
      ...open,
      path: '/api/v1/requests/{id}',
      summary: 'One request with its attempts',
      answers: { 200: opaqueBody, 404: problemBody, 503: problemBody },
      handle: ({ params }) => pass({ type: 'request', id: params['id']! }),
    },
    {
      ...open,
      path: '/api/v1/targets',
      summary: 'Load, health and latency of every target',
      answers: { 200: targetsBody, 503: problemBody },
      handle: () => pass({ type: 'targets' }),
    },
  ]
}

export async function askAggregator(bus: Bus, query: AggregatorQuery): Promise<Result<Uint8Array, Problem>> {
  const answer = await bus.request(subjects.aggregatorQuery, encodeJson(query), queryTimeoutMs)
  if (answer.ok) return done(answer.value)
  const why =
    answer.error.type === 'failed' ? `An aggregator failed: ${answer.error.message}` : 'No aggregator answers.'
  return fail(problems.unavailable(why, 'aggregator-unavailable'))
}

/** 1 to `limits.pageItemsMax`. */
export function pageLimit(byDefault: number) {
  const message = `expected a whole number from 1 to ${limits.pageItemsMax}`
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .pipe(z.int().min(1, message).max(limits.pageItemsMax, message))
    .default(byDefault)
}

function listOf<Word extends string>(words: readonly Word[]) {
  const isWord = (word: string) => words.some((known) => known === word)
  return z
    .string()
    .transform((text) => text.split(','))
    .refine((list) => list.every(isWord), { message: `expected some of ${words.join(', ')}, separated by commas` })
}

function requestsQuery(query: Call['query']): AggregatorQuery {
  const { limit, before, ...rest } = query as { limit: number; before?: string } & Record<string, string | undefined>
  const filter = Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return {
    type: 'requests',
    limit,
    ...(before === undefined ? {} : { before }),
    ...(filter.length === 0 ? {} : { filter: Object.fromEntries(filter) }),
  }
}

function timeOf<Name extends string>(name: Name, at: unknown): { [Key in Name]?: number } {
  return (at === undefined ? {} : { [name]: Date.parse(at as string) }) as { [Key in Name]?: number }
}
