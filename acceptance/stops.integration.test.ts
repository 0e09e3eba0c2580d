// A process that is asked to stop: what has begun is finished, and nothing new begins.
import { get } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { closing } from './http.ts'
import { chat, servedModels } from './served-models.ts'
import { until } from './until.ts'

let mock: MockUpstream
beforeAll(async () => {
  mock = await startMockUpstream()
})
afterAll(() => mock?.stop())

test('a stop lets open streams finish, takes no new connections, and ends with 0', async () => {
  const stopping = await startGateway({ config: servedModels(mock) })
  try {
    const secret = (await stopping.issueKey()).secret
    const streams = Array.from({ length: 8 }, () =>
      chat({ base: stopping.base, secret, model: 'long', more: { stream: true }, headers: closing }),
    )
    await until(async () => (await mock.ledger()).streamsOpen >= 8, 10_000)
    stopping.signal('SIGTERM')
    await until(() => isRefused(stopping.port), 10_000)
    expect((await mock.ledger()).streamsOpen).toBe(8)
    const answers = await Promise.all(streams)
    expect(answers.map(({ text }) => text.split('\n\n').length)).toEqual(answers.map(() => 123))
    expect(answers.every(({ text }) => text.endsWith('data: [DONE]\n\n'))).toBe(true)
    await stopping.ended
    expect(stopping.exitCode).toBe(0)
  } finally {
    await stopping.stop()
  }
})

test('a stop under load fails no request that had a connection', async () => {
  const stopping = await startGateway({ config: servedModels(mock) })
  try {
    const secret = (await stopping.issueKey()).secret
    const outcomes = new Map<string, number>()
    const lane = async () => {
      for (;;) {
        const outcome = await chat({ base: stopping.base, secret, model: 'demo/echo' }).then(
          ({ status, json }) => `${status} ${json.object}`,
          (error: Error) => String((error.cause as NodeJS.ErrnoException).code),
        )
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        if (!outcome.startsWith('2')) return
      }
    }
    const lanes = Array.from({ length: 30 }, lane)
    await until(() => (outcomes.get('200 chat.completion') ?? 0) > 60, 20_000)
    stopping.signal('SIGTERM')
    await Promise.all([...lanes, stopping.ended])
    expect([...outcomes.keys()].sort()).toEqual(['200 chat.completion', 'ECONNREFUSED'])
    expect(stopping.exitCode).toBe(0)
  } finally {
    await stopping.stop()
  }
})

test('what a stop has let finish is in the history of the next start', async () => {
  const first = await startGateway({ config: servedModels(mock) })
  let second: Gateway | undefined
  try {
    const secret = (await first.issueKey()).secret
    const stream = chat({ base: first.base, secret, model: 'long', more: { stream: true }, headers: closing })
    await until(async () => (await mock.ledger()).streamsOpen >= 1, 10_000)
    await first.kill('SIGTERM')
    expect((await stream).text).toContain('[DONE]')
    second = await startGateway({ config: servedModels(mock), dataDir: first.dataDir })
    const { admin } = second
    await expect
      .poll(async () => (await admin('GET', '/usage?groupBy=model')).json.rows, { timeout: 60_000 })
      .toMatchObject([{ model: 'long', requests: 1, inputTokens: 9, outputTokens: 120 }])
    expect((await chat({ base: second.base, secret, model: 'swapped' })).status).toBe(200)
  } finally {
    await second?.stop()
    await first.stop()
  }
})

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', path: '/livez', agent: false }, (answer) => {
      answer.resume()
      resolve(false)
    }).on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'))
  })
}
