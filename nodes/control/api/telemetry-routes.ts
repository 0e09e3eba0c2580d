// What the aggregators know, asked over the bus and put together. The control node keeps none of it: while no aggregator
// answers, the answer is an honest 503 and the configuration can be managed all the same.
import { z } from 'zod'
import type { Aggregators, AskRefusal } from '../../../cluster/telemetry-query/aggregators.ts'
import { bounds } from '../../../shared/bounds.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { usageGroups } from '../../../shared/telemetry/answers/usage-fields.ts'
import type { AggregatorQuestion } from '../../../shared/telemetry/records.ts'
import type { ConfigService } from '../config-service.ts'
import { type HttpAnswer, json, type Problem, problem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'
import { explainBody, opaqueBody, problemBody, requestsBody, targetsBody, usageBody } from './answers.ts'
import { explained, type RecordedRequest } from './explain.ts'
import type { Call, Route } from './route.ts'

export const instant = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-01-31T00:00:00Z' })
const requestFilters = [
  ...['status', 'errorCode', 'key', 'team', 'user', 'app', 'costCenter', 'model', 'provider', 'target'],
  ...['route', 'cacheStatus', 'httpStatus', 'stream'],
]

type Question = Exclude<AggregatorQuestion, { type: 'metrics' }>

export function telemetryRoutes({ aggregators, desk }: { aggregators: Aggregators; desk: ConfigService }): Route[] {
  const pass = async (question: Question): Promise<HttpAnswer> => {
    const answer = await asked(aggregators, question)
    return answer.ok ? json(200, answer.value) : problem(answer.error)
  }
  const open = { method: 'GET', access: 'administrator' } as const
  return [
    {
      ...open,
      path: '/api/v1/usage',
      summary: 'Requests, tokens and cost, grouped',
      query: z.object({ groupBy: listOf(usageGroups).optional(), from: instant.optional(), to: instant.optional() }),
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
        text: z.string().max(256).optional(),
        ...Object.fromEntries(requestFilters.map((name) => [name, z.string().max(256).optional()])),
      }),
      answers: { 200: requestsBody, 422: problemBody, 503: problemBody },
      handle: ({ query }) => pass(requestsQuery(query, (text) => keysNamed(desk, text))),
    },
    {
      ...open,
      path: '/api/v1/requests/{id}/explain',
      summary: 'Why a request went where it went',
      answers: { 200: explainBody, 404: problemBody, 503: problemBody },
      handle: async ({ params }) => {
        const answer = await asked(aggregators, { type: 'request', id: params['id']! })
        if (!answer.ok) return problem(answer.error)
        const request = answer.value as RecordedRequest
        const state = await desk.stateAt(request.explain.revision)
        return json(200, explained(request, state.ok ? state.value : undefined))
      },
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

/** The body of the answer, or what aggregators say is wrong with the question. */
export async function asked(aggregators: Aggregators, question: Question): Promise<Result<unknown, Problem>> {
  const answer = await aggregators.ask(question)
  if (!answer.ok) return fail(unavailable(answer.error))
  const body = answer.value as { missing?: true; problem?: string; path?: string }
  if (body.missing === true)
    return fail(
      problems.notFound(
        question.type === 'request' ? 'There is no such request in the history.' : 'No aggregator keeps it.',
      ),
    )
  if (body.problem === undefined) return done(body)
  return fail(problems.invalid([{ path: `query.${body.path ?? ''}`, message: body.problem }]))
}

function unavailable(refusal: AskRefusal): Problem {
  const why = refusal.type === 'failed' ? `An aggregator failed: ${refusal.message}` : 'No aggregator answers.'
  return problems.unavailable(why, 'aggregator-unavailable')
}

/** 1 to `limits.pageItemsMax`. */
export function pageLimit(byDefault: number) {
  const message = `expected a whole number from 1 to ${bounds.pageItemsMax}`
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .pipe(z.int().min(1, message).max(bounds.pageItemsMax, message))
    .default(byDefault)
}

export function listOf<Word extends string>(words: readonly Word[]) {
  const isWord = (word: string) => words.some((known) => known === word)
  return z
    .string()
    .transform((text) => text.split(','))
    .refine((list) => list.every(isWord), { message: `expected some of ${words.join(', ')}, separated by commas` })
}

const textKeysMax = 100

/** Ids of the keys whose names have the text. */
function keysNamed(desk: ConfigService, text: string): readonly string[] {
  const sought = text.trim().toLowerCase()
  const state = desk.state()
  if (!state.ok || sought === '') return []
  const ids: string[] = []
  for (const [id, { spec }] of state.value.keys) {
    if (spec.name.toLowerCase().includes(sought)) ids.push(id)
    if (ids.length === textKeysMax) break
  }
  return ids
}

function requestsQuery(query: Call['query'], keysOf: (text: string) => readonly string[]): Question {
  const { limit, before, ...rest } = query as { limit: number; before?: string } & Record<string, string | undefined>
  const { text } = rest
  // Names of keys are known here and not where the records are.
  if (text !== undefined) rest['textKeys'] = keysOf(text).join(',')
  const filter = Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return {
    type: 'requests',
    limit,
    ...(before === undefined ? {} : { before }),
    ...(filter.length === 0 ? {} : { filter: Object.fromEntries(filter) }),
  }
}

export function timeOf<Name extends string>(name: Name, at: unknown): { [Key in Name]?: number } {
  return (at === undefined ? {} : { [name]: Date.parse(at as string) }) as { [Key in Name]?: number }
}
