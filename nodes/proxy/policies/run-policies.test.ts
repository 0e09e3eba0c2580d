import { expect, test } from 'vitest'
import type { Hold } from '../accounting/outcome.ts'
import { InferenceRequest } from '../request/inference-request.ts'
import { testRequest } from '../request/test-request.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import type { Policy, PolicyDecision } from './policy.ts'
import { type Decided, PolicyFault, runPolicies } from './run-policies.ts'

const { request } = testRequest()
const asked = new InferenceRequest({
  model: 'm',
  fallbacks: undefined,
  stream: false,
  showUsage: false,
  body: { type: 'form' } as InferenceRequest['facts']['body'],
  inbound: undefined,
  betas: undefined,
  state: undefined,
  lease: request.body,
})

function policy(name: string, decide: Policy['decide'], governs = () => true): Policy {
  return { name, governs, decide }
}

const hold = (): Hold => ({ settle: () => {} })
const filter = (): AnswerFilter => (emit) => emit
const proceeding = (more: Omit<Extract<PolicyDecision, { type: 'proceed' }>, 'type' | 'asked'> = {}) =>
  policy('proceeding', (_request, own) => ({ type: 'proceed', asked: own, ...more }))
const rejecting = policy('rejecting', () => ({ type: 'reject', error: { type: 'internal' } }))
const failing = (decide: Policy['decide']) => policy('failing', decide)

function run(...policies: readonly Policy[]): Decided | Promise<Decided> {
  return runPolicies(policies, request, asked)
}

test('without a policy the request goes on as it came, at once', () => {
  const permit = run()
  expect(permit).toEqual({ asked, holds: [], filters: [] })
  expect('asked' in permit && permit.asked).toBe(asked)
})

test('a request that no policy governs shares its permit with every other: nothing is made for it', () => {
  const idle = policy('idle', rejecting.decide, () => false)
  const permit = run(idle, idle)
  const other = run()
  expect('holds' in permit && 'holds' in other && permit.holds === other.holds).toBe(true)
})

test('holds and filters are kept in the order of their policies', () => {
  const [firstHold, lastHold, firstFilter, lastFilter] = [hold(), hold(), filter(), filter()]
  const first = proceeding({ hold: firstHold, filter: firstFilter })
  const last = proceeding({ hold: lastHold, filter: lastFilter })
  const permit = run(first, proceeding(), last)
  expect('holds' in permit && permit.holds[0] === firstHold && permit.holds[1] === lastHold).toBe(true)
  expect('filters' in permit && permit.filters[0] === firstFilter && permit.filters[1] === lastFilter).toBe(true)
})

test('each sees the request as the one before it left it', () => {
  const other = new InferenceRequest(asked.facts)
  const seen: InferenceRequest[] = []
  const rewriting = policy('rewriting', () => ({ type: 'proceed', asked: other }))
  const looking = policy('looking', (_request, own) => {
    seen.push(own)
    return { type: 'proceed', asked: own }
  })
  const permit = run(looking, rewriting, looking)
  expect([seen[0] === asked, seen[1] === other, 'asked' in permit && permit.asked === other]).toEqual([
    true,
    true,
    true,
  ])
})

test('one that ends the request is the last that is asked, and the holds before it are handed on', () => {
  const held = hold()
  const never = failing(() => {
    throw new Error('it was asked')
  })
  expect(run(proceeding({ hold: held }), rejecting, never)).toEqual({
    ended: { type: 'reject', error: { type: 'internal' } },
    permit: { asked, holds: [held], filters: [] },
  })
})

test('one that waits makes a promise of what follows, and of nothing before it', async () => {
  const slow = policy('slow', (_request, own) => Promise.resolve({ type: 'proceed', asked: own, hold: hold() }))
  const decided = run(proceeding({ hold: hold() }), slow, proceeding({ hold: hold() }))
  expect(decided).toBeInstanceOf(Promise)
  expect(await decided).toMatchObject({ holds: [{}, {}, {}] })
  const ended = run(
    slow,
    policy('late', () => Promise.resolve(rejecting.decide(request, asked))),
    proceeding(),
  )
  expect(await ended).toMatchObject({ ended: { type: 'reject' }, permit: { holds: [{}] } })
})

const cause = new Error('away')
const throwing = () => {
  throw cause
}

test.each([
  { name: 'while it decides', faulty: failing(throwing) },
  { name: 'when it is asked whether it governs', faulty: policy('failing', rejecting.decide, throwing) },
  { name: 'while it is waited for', faulty: failing(() => Promise.reject(cause)) },
])('one that throws $name is named, and the holds before it are not lost', async ({ faulty }) => {
  const held = hold()
  const caught = await Promise.resolve()
    .then(() => run(proceeding({ hold: held }), faulty))
    .catch((error: unknown) => error)
  expect(caught).toBeInstanceOf(PolicyFault)
  expect(caught).toMatchObject({ permit: { holds: [held] }, cause, message: expect.stringContaining('policy failing') })
})

test('one that throws behind one that waited is named too', async () => {
  const slow = policy('slow', (_request, own) => Promise.resolve({ type: 'proceed', asked: own, hold: hold() }))
  await expect(run(slow, failing(throwing))).rejects.toMatchObject({ permit: { holds: [{}] }, cause })
})
