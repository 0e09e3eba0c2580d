// A process whose descriptors run short sheds requests with a clear answer; it neither ends nor loses what it has.
import { spawnSync } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'

let gateway: Gateway | undefined
afterEach(() => gateway?.stop())

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0

test.skipIf(!hasPrlimit)(
  'requests beyond what descriptors suffice for are shed, and the others are answered',
  async () => {
    gateway = await startGateway({ descriptors: 640, environment: { HEADGATE_KEY_OPEN_MAX: '1000' } })
    const { secret } = await gateway.issueKey()
    const body = JSON.stringify({ model: 'demo/slow', messages: [{ role: 'user', content: 'x' }] })
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
    const url = `${gateway.base}/v1/chat/completions`
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetch(url, { method: 'POST', headers, body })))
    const statuses = answers.map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
    const shed = answers.find(({ status }) => status === 503)!
    expect(shed.headers.get('x-should-retry')).toBe('true')
    expect(await shed.json()).toMatchObject({ error: { code: 'overloaded' } })
    const after = await fetch(url, { method: 'POST', headers, body: body.replace('slow', 'echo') })
    expect(after.status).toBe(200)
  },
)
