import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { MetricsAccess } from '../../cluster/http-port/metrics-access.ts'
import { ManualClock } from '../../shared/clock.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { NodeStanding } from './node-standing.ts'
import { startOpsServer } from './ops-server.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function started({
  stage = 'serving' as NodeStanding['stage'],
  troubles = [] as Trouble[],
  figures = '',
  token = undefined as string | undefined,
} = {}) {
  const bus = new LocalBus()
  const aggregator = () => new TextEncoder().encode(figures)
  if (figures !== '') bus.serve(subjects.aggregatorQuery, aggregator)
  const standing = new NodeStanding({ node: 'n', role: 'proxy', clock: new ManualClock(0) })
  standing.stage = stage
  standing.add('part', { standing: () => ({ troubles }) })
  const installation = figures === '' ? undefined : bus
  const clock = new ManualClock()
  const { server } = await startOpsServer({
    host: '127.0.0.1',
    port: 0,
    standing,
    metricsAccess: new MetricsAccess(token),
    installation,
    clock,
  })
  stops.push(() => {
    server.close()
    bus.close()
  })
  const { port } = server.address() as AddressInfo
  const ask = async (path: string, method = 'GET', headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers })
    return `${response.status} ${await response.text()}`
  }
  return { ask, standing, port }
}

test('the ops port tells life, readiness and metrics, and nothing else', async () => {
  const { ask } = await started({ figures: '# TYPE headgate_up gauge\n' })
  expect(await ask('/livez')).toBe('200 {"status":"ok"}')
  expect(await ask('/readyz')).toBe('200 {"status":"ok"}')
  expect(await ask('/metrics')).toMatch(
    /^200 # TYPE headgate_up gauge\n[\s\S]*headgate_process_ready\{node="n",role="proxy"\} 1/,
  )
  expect(await ask('/v1/models')).toMatch(/^404/)
  expect(await ask('/livez', 'POST')).toMatch(/^405/)
})

test('with a token, metrics are for its bearer, and health is for everybody', async () => {
  const { ask } = await started({ token: 'scrape-0123456789abcdef' })
  expect(await ask('/metrics')).toMatch(/^401 /)
  expect(await ask('/metrics', 'GET', { authorization: 'Bearer wrong-0123456789abcdef' })).toMatch(/^401 /)
  expect(await ask('/metrics', 'GET', { authorization: 'Bearer scrape-0123456789abcdef' })).toMatch(/^200 /)
  for (const path of ['/livez', '/readyz']) expect(await ask(path)).toMatch(/^200 /)
})

test.each(['starting', 'draining'] as const)('a process that is %s is not ready, and lives', async (stage) => {
  const { ask } = await started({ stage })
  expect(await ask('/readyz?verbose')).toMatch(
    new RegExp(`^503 {"status":"unready","reasons":\\["the node is ${stage}`),
  )
  expect(await ask('/livez')).toMatch(/^200/)
  expect(await ask('/metrics')).toMatch(/headgate_process_ready\{[^}]*\} 0\n/)
})

test('what is degraded is told to those who ask for it, and still ready', async () => {
  const { ask } = await started({ troubles: [{ level: 'degraded', reason: 'NATS is away' }] })
  expect(await ask('/readyz')).toBe('200 {"status":"degraded"}')
  expect(await ask('/readyz?verbose')).toMatch(/^200 {"status":"degraded","reasons":\["NATS is away \(since 1970/)
})

test('what was told to the operator is counted', async () => {
  const { ask, standing } = await started()
  const notify = standing.counting(() => {})
  notify({ type: 'config-degraded', reason: 'x' })
  notify({ type: 'config-degraded', reason: 'y' })
  expect(await ask('/metrics')).toContain('headgate_notices_total{node="n",type="config-degraded",level="error"} 2\n')
})

test('a second process on the port is refused, and told which variable names it', async () => {
  const { port, standing } = await started()
  const around = { metricsAccess: new MetricsAccess(undefined), clock: new ManualClock() }
  await expect(startOpsServer({ ...around, host: '127.0.0.1', port, standing })).rejects.toThrow(
    /^HEADGATE_OPS_PORT: .*the port is taken/,
  )
})
