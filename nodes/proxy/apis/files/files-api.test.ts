// Uploads, whose bodies are read while the request waits.
import { expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { testSettlement } from '../../accounting/test-settlement.ts'
import { LiveRequests } from '../../attempts/live/live-requests.ts'
import { ObjectIds } from '../../provider-objects/object-ids.ts'
import { testTarget } from '../../providers/test-connect.ts'
import { testHead, testRequest, testSnapshot } from '../../request/test-request.ts'
import { TimerWheel } from '../../routing/timer-wheel.ts'
import { ScriptedUpstream } from '../../upstream/test-upstream.ts'
import { TestGateway } from '../test-gateway.ts'
import { FilesApi } from './files-api.ts'

const boundary = 'limit'
const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }

function form(purpose: string, file: string): string {
  const parts = [
    `content-disposition: form-data; name="purpose"\r\n\r\n${purpose}`,
    `content-disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n${file}`,
  ]
  return `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`
}

const line = JSON.stringify({
  custom_id: '1',
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'gpt', messages: [] },
})
const turn = () => new Promise(setImmediate)

test('a file goes to the account of its models, and its bytes are given back when they are sent', async () => {
  const gateway = await TestGateway.open()
  const { reply, body } = gateway.call({ path: '/v1/files', body: form('batch', line), headers })
  await turn()
  const { last } = gateway.upstream
  expect([last.request.path, last.request.origin.host]).toEqual(['/v1/files', 'api.openai.com'])
  expect(last.text).toContain('"model":"gpt-4o"')
  last.answer(200, { id: 'file-1', object: 'file', filename: 'a.jsonl', purpose: 'batch' })
  expect([reply.status, body.released]).toEqual([200, 1])
  expect(gateway.record).toMatchObject({ status: 'ok', attempts: 1 })
})

test('a throw while an upload is read gives its bytes back once, answers 500, and is told to the operator', async () => {
  const clock = new ManualClock()
  const { settlement, recorder, notices } = testSettlement(clock)
  const upstream = new ScriptedUpstream()
  const tools = {
    clock,
    chance: () => 0,
    notify: () => {},
    timers: new TimerWheel(clock),
    settlement,
    live: new LiveRequests(),
    upstreamOf: () => upstream,
  }
  const api = new FilesApi({ ...tools, attempts: tools, delivery: tools, ids: new ObjectIds(Buffer.alloc(32, 7)) })
  const account = testTarget()
  const broken = { ...testSnapshot(), providerNames: ['up'], accountOf: () => account, routeOf: brokenRoute }
  const head = testHead({ path: '/v1/files', headers })
  const { request, reply, body } = testRequest({ head, body: form('batch', line), snapshot: broken })
  api.answer(request)
  await turn()
  expect([reply.status, body.released, upstream.calls.length]).toEqual([500, 1, 0])
  expect(recorder.records).toMatchObject([{ status: 'refused', httpStatus: 500, errorCode: 'internal_error' }])
  expect(notices).toMatchObject([{ type: 'handler-threw', where: '/v1/files' }])
})

/** The route of a damaged snapshot: every lookup throws but that of the empty name, which records of files have. */
function brokenRoute(model: string): undefined {
  if (model !== '') throw new Error('the snapshot is damaged')
}

test('a caller who leaves while an upload is read costs no call', async () => {
  const gateway = await TestGateway.open()
  const { reply, body } = gateway.call({ path: '/v1/files', body: form('batch', line), headers })
  reply.leave()
  await turn()
  expect([gateway.upstream.calls.length, body.released]).toEqual([0, 1])
  expect(gateway.record).toMatchObject({ status: 'client-aborted', httpStatus: 0 })
})
