import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { subjects } from '../cluster/bus/bus.ts'
import { LocalBus } from '../cluster/bus/local-bus.ts'
import { startOpsServer } from './ops-server.ts'

let stop: () => void = () => {}
afterEach(() => stop())

async function started({ ready = true, metrics = true } = {}) {
  const bus = new LocalBus()
  if (metrics) bus.serve(subjects.aggregatorQuery, () => new TextEncoder().encode('# TYPE headgate_up gauge\n'))
  const server = await startOpsServer({ host: '127.0.0.1', port: 0, bus, isReady: () => ready })
  stop = () => {
    server.close()
    bus.close()
  }
  const { port } = server.address() as AddressInfo
  return async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    return `${response.status} ${await response.text()}`
  }
}

test('the ops port tells life, readiness and metrics, and nothing else', async () => {
  const ask = await started()
  expect(await ask('/livez')).toBe('200 {"status":"ok"}')
  expect(await ask('/readyz')).toBe('200 {"status":"ok"}')
  expect(await ask('/metrics')).toBe('200 # TYPE headgate_up gauge\n')
  expect(await ask('/v1/models')).toMatch(/^404/)
  expect(await ask('/livez', 'POST')).toMatch(/^405/)
})

test('a process that is not ready says so on its ops port, and lives', async () => {
  const ask = await started({ ready: false, metrics: false })
  expect(await ask('/readyz')).toMatch(/^503/)
  expect(await ask('/livez')).toMatch(/^200/)
  expect(await ask('/metrics')).toMatch(/^503/)
})
