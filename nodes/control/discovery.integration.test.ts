import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { MemoryLog, MemoryLogStorage } from '../../cluster/config-log/log/memory-log.ts'
import { bootRig } from '../../cluster/config-log/writer/log-rig.ts'
import { MemoryKeyStore } from '../../cluster/secrets/memory-key-store.ts'
import { SecretBox } from '../../cluster/secrets/secret-box.ts'
import { ManualClock } from '../../shared/clock.ts'
import { ConfigService } from './config-service.ts'
import { discover } from './discovery.ts'
import { enable } from './enable-findings.ts'
import { NodesView } from './nodes-view.ts'

let server: Server
let models: string[]
let baseUrl: string
beforeEach(async () => {
  models = ['llama3.2:latest', 'qwen3']
  server = createServer((_request, response) => {
    response.end(JSON.stringify({ object: 'list', data: models.map((id) => ({ id })) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

test('a local server becomes a provider whose models have bare names, anew at each start', async () => {
  const clock = new ManualClock()
  const log = new MemoryLog(new MemoryLogStorage())
  const { follower, writer, stop } = await bootRig({ log, clock })
  const bus = new LocalBus()
  const nodes = new NodesView(clock, bus)
  const secrets = new SecretBox(new MemoryKeyStore())
  const shared = { log, follower, writer, bus, nodes, secrets }
  const desk = new ConfigService({ ...shared, egressStrict: true, awaitAppliedBy: undefined })
  const environment = {}
  const begin = async () => {
    const findings = await discover({ environment, servers: [{ provider: 'ollama', baseUrl }] })
    return enable(findings, { desk, environment })
  }
  const specNow = () => follower.state?.resources.providers.get('ollama')?.spec
  const spec = { kind: 'openai', baseUrl, allowPrivate: true }
  try {
    expect(await begin()).toMatchObject([{ provider: 'ollama', example: 'llama3.2:latest', standing: 'enabled' }])
    const revision = follower.state?.revision
    expect(specNow()).toEqual({ ...spec, bareNames: ['llama3.2:latest', 'qwen3'] })
    await begin()
    expect(follower.state?.revision).toBe(revision)
    models = ['mistral-small']
    await begin()
    expect(specNow()).toEqual({ ...spec, bareNames: models })
  } finally {
    nodes.stop()
    bus.close()
    await stop()
  }
})
