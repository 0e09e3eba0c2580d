// The ledger of money: its events, months and proofs, as the aggregators have them.
import { z } from 'zod'
import { ledgerKinds } from '../../../../shared/telemetry/answers/ledger-question.ts'
import {
  type LedgerFilter,
  type LedgerListQuery,
  type LedgerQuestion,
  ledgerFilters,
  ledgerOwners,
} from '../../../../shared/telemetry/ledger-queries.ts'
import { embeddedPartition, partitionsCount } from '../../../../shared/telemetry/partition.ts'
import { settlements } from '../../../../shared/telemetry/record-words.ts'
import { type HttpAnswer, json, problem } from '../../http/answer.ts'
import { problemBody } from '../answers.ts'
import { type Call, jsonMedia, type Route } from '../route.ts'
import { asked, instant, listOf, pageLimit, timeOf } from '../telemetry-routes.ts'
import { CloseMonth, type CloseOptions, monthBody } from './close-month.ts'
import { csvAnswer } from './csv-answer.ts'
import { ledgerBody, monthsBody, partitionsBody, sumsBody, verifyBody } from './ledger-bodies.ts'

export type LedgerRouteOptions = CloseOptions

const month = z.string().max(16)
const timeZone = z.string().max(64)

const open = { method: 'GET', access: 'administrator' } as const

export function ledgerRoutes(options: LedgerRouteOptions): Route[] {
  const pass: Pass = async (question) => {
    const answer = await asked(options.aggregators, question)
    return answer.ok ? json(200, answer.value) : problem(answer.error)
  }
  return [...eventRoutes(options, pass), ...monthRoutes(options), verifyRoute(options, pass)]
}

type Pass = (question: LedgerQuestion) => Promise<HttpAnswer>

function eventRoutes({ aggregators }: LedgerRouteOptions, pass: Pass): Route[] {
  return [
    {
      ...open,
      path: '/api/v1/ledger',
      summary: 'Money events, the newest first; as CSV with Accept: text/csv or format=csv',
      query: z.object({
        from: instant.optional(),
        to: instant.optional(),
        limit: pageLimit(100),
        before: z.string().max(1_024).optional(),
        format: z.enum(['json', 'csv']).optional(),
        ...Object.fromEntries(ledgerFilters.map((name) => [name, z.string().max(512).optional()])),
        settlement: z.enum(settlements).optional(),
        kind: z.enum(ledgerKinds).optional(),
      }),
      answers: { 200: ledgerBody, 422: problemBody, 503: problemBody },
      alsoAs: 'text/csv',
      handle: (call) => {
        const question = listQuery(call.query)
        if (!wantsCsv(call)) return pass(question)
        const isPage = call.request.query.has('limit')
        return csvAnswer((next) => asked(aggregators, next), question, isPage)
      },
    },
    {
      ...open,
      path: '/api/v1/ledger:sums',
      summary: 'What owners have cost between two quarters of an hour, exactly',
      query: z.object({ groupBy: listOf(ledgerOwners).optional(), from: instant, to: instant }),
      answers: { 200: sumsBody, 422: problemBody, 503: problemBody },
      handle: ({ query }) =>
        pass({
          type: 'ledger-sums',
          groupBy: (query['groupBy'] as string[] | undefined) ?? [],
          fromMs: Date.parse(query['from'] as string),
          toMs: Date.parse(query['to'] as string),
        }),
    },
  ]
}

function monthRoutes(options: LedgerRouteOptions): Route[] {
  const { aggregators } = options
  const closing = new CloseMonth(options)
  return [
    {
      ...open,
      path: '/api/v1/ledger:months',
      summary: 'What each cost centre has cost in calendar months, open and closed',
      query: z.object({ timeZone: timeZone.optional(), from: month.optional(), to: month.optional() }),
      answers: { 200: monthsBody, 422: problemBody, 503: problemBody },
      handle: async ({ query }) => {
        const answer = await asked(aggregators, { type: 'ledger-months', ...(query as { timeZone?: string }) })
        if (!answer.ok) return problem(answer.error)
        const { partitions: _, ...body } = answer.value as Record<string, unknown>
        return json(200, body)
      },
    },
    {
      method: 'POST',
      access: 'administrator',
      path: '/api/v1/ledger:close',
      summary: 'Close a month: its totals stand from then on, and what comes later is booked in later months',
      body: { media: [jsonMedia], schema: monthBody },
      answers: { 200: z.looseObject({ month: z.string() }), 409: problemBody, 422: problemBody, 503: problemBody },
      handle: async ({ body }) => {
        const closed = await closing.close(body.value)
        return closed.ok ? json(200, closed.value) : problem(closed.error)
      },
    },
  ]
}

function verifyRoute({ aggregators }: LedgerRouteOptions, pass: Pass): Route {
  return {
    ...open,
    path: '/api/v1/ledger:verify',
    summary: 'The proof of one partition of the ledger, a slice at a time; without one, the partitions',
    query: z.object({ partition: partitionNumber().optional(), after: z.string().max(64).optional() }),
    answers: { 200: z.union([verifyBody, partitionsBody]), 404: problemBody, 422: problemBody, 503: problemBody },
    handle: ({ query }) => {
      const { partition, after } = query as { partition?: number; after?: string }
      if (partition === undefined) return json(200, { partitions: partitionsOf(aggregators) })
      return pass({ type: 'ledger-verify', partition, ...(after === undefined ? {} : { after }) })
    },
  }
}

/** The partitions that there are: without a cluster one. */
function partitionsOf({ isClustered }: Pick<CloseOptions['aggregators'], 'isClustered'>): number[] {
  return isClustered ? Array.from({ length: partitionsCount }, (_, partition) => partition) : [embeddedPartition]
}

function partitionNumber() {
  const message = `expected a whole number from 0 to ${partitionsCount - 1}`
  return z
    .string()
    .regex(/^\d{1,2}$/, message)
    .transform(Number)
    .pipe(z.int().max(partitionsCount - 1, message))
}

function listQuery(query: Call['query']): LedgerListQuery {
  const filter: Partial<Record<LedgerFilter, string>> = {}
  for (const name of ledgerFilters) if (query[name] !== undefined) filter[name] = query[name] as string
  const before = query['before'] as string | undefined
  return {
    type: 'ledger',
    limit: query['limit'] as number,
    filter,
    ...(before === undefined ? {} : { before }),
    ...timeOf('fromMs', query['from']),
    ...timeOf('toMs', query['to']),
  }
}

function wantsCsv({ query, request }: Call): boolean {
  const { format } = query
  return format === undefined ? /\btext\/csv\b/.test(request.header('accept') ?? '') : format === 'csv'
}
