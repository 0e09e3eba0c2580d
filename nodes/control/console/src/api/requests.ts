// The request history: metadata only, no bodies. Times come as ms since the epoch or RFC 3339, money as nano-dollars or
// dollars; both are read, so that the page does not care which the record was printed from.
import type { Answer, Client } from './client.ts'
import { type Json, listOf, numberOf, recordOf, textOf } from './reading.ts'

export interface RequestRow {
  requestId: string
  atMs: number | undefined
  route: string
  status: string
  httpStatus: number | undefined
  errorCode: string
  keyId: string
  keyName: string
  team: string
  model: string
  /** The name that was refused. */
  askedModel: string
  /** The limit, the budget or the provider whose quota has rejected or cut the request. */
  limitedBy: string
  stream: boolean
  attemptCount: number | undefined
  cacheStatus: string
  estimated: boolean
  inputTokens: number | undefined
  outputTokens: number | undefined
  cachedTokens: number | undefined
  costUsd: number | undefined
  totalUs: number | undefined
  overheadUs: number | undefined
  ttftUs: number | undefined
  configRevision: number | undefined
}

export interface AttemptRow {
  index: number
  provider: string
  target: string
  outcome: string
  upstreamStatus: number | undefined
  /** What the upstream said of its own failure. */
  upstreamText: string
  firstByteUs: number | undefined
  ttftUs: number | undefined
  totalUs: number | undefined
  costUsd: number | undefined
}

export interface RequestDetail {
  request: RequestRow
  attempts: readonly AttemptRow[]
}

export interface RequestsQuery {
  limit: number
  signal: AbortSignal
  /** The filter of the list; without one all requests are listed. */
  filter?: RequestFilter
}

export interface RequestFilter {
  /** The text to find in id, model, key, team, user, app, provider, route or error code; case does not matter. */
  text: string
  /** '' for every status. */
  status: string
}

export function requestsPath({ limit, filter }: Omit<RequestsQuery, 'signal'>): string {
  const query = new URLSearchParams({ limit: String(limit) })
  const text = filter?.text.trim() ?? ''
  if (text !== '') query.set('text', text)
  if (filter !== undefined && filter.status !== '') query.set('status', filter.status)
  return `/api/v1/requests?${query}`
}

export const requestCalls = (client: Client) => ({
  requests: (options: RequestsQuery): Answer<readonly RequestRow[]> =>
    client.call({ path: requestsPath(options), signal: options.signal, read: readRequests }),
  request: (options: { id: string; signal: AbortSignal }): Answer<RequestDetail> =>
    client.call({
      path: `/api/v1/requests/${encodeURIComponent(options.id)}`,
      signal: options.signal,
      read: readRequestDetail,
    }),
})

export function readRequests(body: unknown): readonly RequestRow[] {
  return listOf(recordOf(body)['items']).map(readRequest)
}

/** The record may be the body itself or its `request`; its attempts are a list beside or inside it. */
export function readRequestDetail(body: unknown): RequestDetail {
  const outer = recordOf(body)
  const inner = 'request' in outer ? recordOf(outer['request']) : outer
  const lists = [outer['attempts'], outer['attemptRecords'], inner['attempts'], inner['attemptRecords']]
  const attempts = listOf(lists.find((list) => Array.isArray(list)))
  return { request: readRequest(inner), attempts: attempts.map(readAttempt) }
}

export function readRequest(value: unknown): RequestRow {
  const record = recordOf(value)
  const attempts = record['attempts']
  return {
    requestId: textOf(record['requestId']) || textOf(record['id']),
    atMs: timeOf(record),
    route: textOf(record['route']),
    status: textOf(record['status'], 'unknown'),
    httpStatus: numberOf(record['httpStatus']),
    errorCode: textOf(record['errorCode']),
    keyId: textOf(record['keyId']) || textOf(record['key']),
    keyName: textOf(record['keyName']),
    team: textOf(record['team']),
    model: textOf(record['model']),
    askedModel: textOf(record['askedModel']),
    limitedBy: textOf(record['limitedBy']),
    stream: record['stream'] === true,
    attemptCount: Array.isArray(attempts) ? attempts.length : numberOf(attempts),
    cacheStatus: textOf(record['cacheStatus']),
    estimated: record['estimated'] === true,
    ...tokensOf(record),
    costUsd: costOf(record),
    totalUs: microsOf(record, 'total'),
    overheadUs: microsOf(record, 'overhead'),
    ttftUs: microsOf(record, 'ttft'),
    configRevision: numberOf(record['configRevision']),
  }
}

function readAttempt(value: unknown, position: number): AttemptRow {
  const record = recordOf(value)
  return {
    index: numberOf(record['index']) ?? position,
    provider: textOf(record['provider']),
    target: textOf(record['target']),
    outcome: textOf(record['outcome'], 'unknown'),
    upstreamStatus: numberOf(record['upstreamStatus']),
    upstreamText: textOf(record['upstreamText']),
    firstByteUs: microsOf(record, 'firstByte'),
    ttftUs: microsOf(record, 'ttft'),
    totalUs: microsOf(record, 'total'),
    costUsd: costOf(record),
  }
}

function timeOf(record: Json): number | undefined {
  const { atMs, at } = record
  const parsedMs = typeof at === 'string' ? Date.parse(at) : numberOf(at)
  return numberOf(atMs) ?? numberOf(parsedMs)
}

function tokensOf(record: Json): Pick<RequestRow, 'inputTokens' | 'outputTokens' | 'cachedTokens'> {
  const { input, output, cached } = recordOf(record['tokens'])
  return {
    inputTokens: numberOf(input) ?? numberOf(record['inputTokens']),
    outputTokens: numberOf(output) ?? numberOf(record['outputTokens']),
    cachedTokens: numberOf(cached) ?? numberOf(record['cachedTokens']),
  }
}

/** The cost in USD; undefined where it is unknown, which is not the same as 0. */
function costOf(record: Json): number | undefined {
  if (record['unpriced'] === true) return undefined
  const nanoUsd = numberOf(record['costNanoUsd'])
  return nanoUsd === undefined ? numberOf(record['costUsd']) : nanoUsd / 1e9
}

function microsOf(record: Json, stem: string): number | undefined {
  const ms = numberOf(record[`${stem}Ms`])
  return numberOf(record[`${stem}Us`]) ?? (ms === undefined ? undefined : ms * 1_000)
}
