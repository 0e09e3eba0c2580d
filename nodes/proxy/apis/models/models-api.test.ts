import { expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { AnswerCounts } from '../../accounting/answer-counts.ts'
import { Settlement } from '../../accounting/settle.ts'
import { AllowList } from '../../auth/callers.ts'
import { testCaller, testHead, testRequest } from '../../request/test-request.ts'
import { ModelsApi } from './models-api.ts'
import { snapshot } from './test-models.ts'

function answerTo(path: string, headers: Record<string, string> = {}, allowed?: readonly string[]) {
  const statuses: number[] = []
  const settlement = new Settlement({
    counts: new AnswerCounts(() => {}),
    clock: new ManualClock(),
    chance: () => 0,
    notify: () => {},
    recorder: {
      finish: ({ httpStatus }, _attempts, flush) => {
        statuses.push(httpStatus)
        flush()
      },
    },
  })
  const caller = { ...testCaller, models: allowed === undefined ? undefined : new AllowList(allowed) }
  const { request, reply, body } = testRequest({ head: testHead({ method: 'GET', path, headers }), snapshot, caller })
  new ModelsApi(settlement).answer(request)
  return { status: reply.status, value: JSON.parse(reply.text), statuses, released: body.released }
}

test.each<[string, string, Record<string, string>, object]>([
  ['OpenAI', '/v1/models', {}, { object: 'list', data: [{ id: 'known', object: 'model' }] }],
  ['Anthropic', '/v1/models', { 'anthropic-version': '2023-06-01' }, { data: [{ type: 'model', id: 'known' }] }],
  ['Google', '/v1beta/models', {}, { models: [{ name: 'models/known' }] }],
])('the list is told in the words of %s', (_, path, headers, wanted) => {
  expect(answerTo(path, headers, ['known'])).toMatchObject({ status: 200, value: wanted })
})

test.each<[string, string, object]>([
  ['OpenAI', '/v1/models/known', { id: 'known', object: 'model' }],
  ['Anthropic', '/anthropic/v1/models/known', { id: 'known' }],
  ['Google', '/v1beta/models/known', { name: 'models/known' }],
])('one model is told at its own path of %s', (_, path, wanted) => {
  expect(answerTo(path)).toMatchObject({ status: 200, value: wanted })
})

test.each([
  ['/v1/models/nonesuch', 404, 'model_not_found'],
  ['/v1/models/two', 403, 'model_not_allowed'],
])('%s is refused with %i', (path, status, code) => {
  expect(answerTo(path, {}, ['known'])).toMatchObject({ status, value: { error: { code } } })
})

test('an answer and a refusal leave one record each and give the body back once', () => {
  expect(answerTo('/v1/models')).toMatchObject({ statuses: [200], released: 1 })
  expect(answerTo('/v1/models/nonesuch')).toMatchObject({ statuses: [404], released: 1 })
})
