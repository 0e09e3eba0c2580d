// Arbitrary records for property tests of this folder and of others.
import fc from 'fast-check'
import { cacheStatuses, measureUnits, outcomes, settlements, statuses } from './record-words.ts'
import type { AttemptRecord, RequestRecord } from './records.ts'

const name = fc.oneof(
  fc.constantFrom('', 'search', 'gpt-4o-mini', 'Zürich', '東京'),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
)
const laterText = fc.option(fc.constantFrom('gpt-9', 'The upstream is “away”.', 'x'.repeat(200)), { nil: undefined })
const amount = fc.oneof(fc.nat(200), fc.nat(), fc.maxSafeNat(), fc.double({ min: 0, noNaN: true }))
const anyNumber = fc.oneof(amount, fc.double(), fc.maxSafeInteger())
const tokens = fc.record({ input: amount, output: amount, cached: amount })

const measure = fc.record({ unit: fc.constantFrom(...measureUnits), amount })

export const arbitraryRequest: fc.Arbitrary<RequestRecord> = fc.record({
  requestId: fc.oneof(fc.uuid(), name),
  atMs: fc.oneof(fc.nat(), anyNumber),
  route: name,
  status: fc.constantFrom(...statuses),
  httpStatus: fc.nat(599),
  errorCode: name,
  keyId: name,
  team: name,
  user: name,
  app: name,
  costCenter: name,
  model: name,
  askedModel: laterText,
  limitedBy: laterText,
  stream: fc.boolean(),
  attempts: fc.nat(9),
  fallbackIndex: fc.nat(9),
  cacheStatus: fc.constantFrom(...cacheStatuses),
  estimated: fc.boolean(),
  tokens,
  costNanoUsd: anyNumber,
  unpriced: fc.boolean(),
  measure: fc.option(measure, { nil: undefined }),
  savedNanoUsd: anyNumber,
  totalUs: anyNumber,
  overheadUs: anyNumber,
  ttftUs: anyNumber,
  configRevision: fc.maxSafeNat(),
})

export const arbitraryAttempt: fc.Arbitrary<AttemptRecord> = fc.record({
  requestId: fc.oneof(fc.uuid(), name),
  atMs: anyNumber,
  index: fc.nat(9),
  keyId: name,
  team: name,
  user: name,
  app: name,
  model: name,
  provider: name,
  target: name,
  share: fc.nat(1_000),
  sharesRevision: fc.nat(),
  outcome: fc.constantFrom(...outcomes),
  upstreamStatus: fc.nat(599),
  upstreamText: laterText,
  retryWithheld: fc.constantFrom(true as const, undefined),
  passedOver: fc.constantFrom(true as const, undefined),
  queuedUs: fc.option(fc.nat(), { nil: undefined }),
  stream: fc.boolean(),
  tokens,
  costNanoUsd: anyNumber,
  firstByteUs: anyNumber,
  ttftUs: anyNumber,
  interTokenUs: anyNumber,
  totalUs: anyNumber,
  settlement: fc.constantFrom(...settlements, undefined),
})

/** An ordinary answered request and its attempt, with the fields that the test is about replaced. */
export function sampleRequest(over: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId: 'request-1',
    atMs: 1_700_000_000_000,
    route: '/v1/chat/completions',
    status: 'ok',
    httpStatus: 200,
    errorCode: '',
    keyId: 'key-1',
    team: 'search',
    user: '',
    app: '',
    costCenter: '',
    model: 'fast',
    stream: false,
    attempts: 1,
    fallbackIndex: 0,
    cacheStatus: 'BYPASS',
    estimated: false,
    tokens: { input: 11, output: 7, cached: 3 },
    costNanoUsd: 1_500,
    unpriced: false,
    savedNanoUsd: 0,
    totalUs: 20_000,
    overheadUs: 90,
    ttftUs: 0,
    configRevision: 4,
    ...over,
  }
}

export function sampleAttempt(over: Partial<AttemptRecord> = {}): AttemptRecord {
  const { requestId, atMs, model, stream, tokens, costNanoUsd, keyId, team, user, app } = sampleRequest()
  return {
    keyId,
    team,
    user,
    app,
    share: 0,
    sharesRevision: 0,
    requestId,
    atMs,
    model,
    stream,
    tokens: { ...tokens },
    costNanoUsd,
    index: 0,
    provider: 'openai',
    target: 'gpt-4o-mini',
    outcome: 'ok',
    upstreamStatus: 200,
    firstByteUs: 15_000,
    ttftUs: 0,
    interTokenUs: 0,
    totalUs: 19_000,
    ...over,
  }
}
