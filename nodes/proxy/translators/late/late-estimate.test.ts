import { expect, test } from 'vitest'
import { largeRequest, longText } from './test-late.ts'

const large = () => {
  const messages = [{ role: 'user', content: longText }]
  return largeRequest({ path: '/v1/messages/count_tokens', body: { model: 'm', messages } })
}

test('the tokens of a large body are estimated by a job, to the same number', async () => {
  const { translators, jobs } = large()
  expect(await translators.lateEstimate()?.start()).toEqual(translators.estimate())
  expect(jobs.ran).toEqual(['estimate'])
})

test('those of a small one are estimated at once', () => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
  expect(largeRequest({ path: '/v1/messages/count_tokens', body }).translators.lateEstimate()).toBeUndefined()
})

test('a failure of the job is one of the gateway, and nothing comes once nobody waits', async () => {
  const failing = large()
  failing.jobs.failure = { type: 'too-complex' }
  expect(await failing.translators.lateEstimate()?.start()).toMatchObject({ ok: false, error: { type: 'unmade' } })
  const stopped = large()
  const late = stopped.translators.lateEstimate()
  void late?.start()
  late?.stop()
  await new Promise((resolve) => setImmediate(resolve))
  expect(stopped.jobs.ran).toEqual([])
})
