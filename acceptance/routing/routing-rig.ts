// A gateway whose upstreams fail in every way, for the tests of this folder. Faults come from our mock (`mock.<directives>` as a
// target's model) and from a proxy that breaks connections.
import { type FaultProxy, startFaultProxy } from '../../loadtest/faults/fault-proxy.ts'
import { type MockUpstream, startMockUpstream } from '../../loadtest/mock-upstream/mock-upstream.ts'
import { freePort } from '../../shared/free-ports.ts'
import { ask, type Gateway, startGateway, type Told } from '../gateway.ts'
import { providerAt } from '../scripted-llm.ts'

export interface RoutingRig {
  readonly mock: MockUpstream
  readonly gateway: Gateway
  readonly authorization: string
  chat(name: string, more?: object, headers?: Record<string, string>): Promise<Told>
  stop(): Promise<void>
}

/** Chunks of the stream of the model `paced`. */
export const chunksInAll = 2_000

export async function startRoutingRig(): Promise<RoutingRig> {
  const mock = await startMockUpstream({ recordedMax: 64 })
  const upstreamPort = Number(new URL(mock.url).port)
  const faults = {
    resetting: await startFaultProxy({ upstreamPort, faults: { answers: { resetAfterBytes: 20 } } }),
    slicing: await startFaultProxy({ upstreamPort, faults: { answers: { sliceBytes: 1 } } }),
    garbling: await startFaultProxy({ upstreamPort, faults: { answers: { flipByteAt: 0 } } }),
  }
  const gateway = await startGateway({ config: await configOf(mock, faults) })
  const authorization = `Bearer ${(await gateway.issueKey()).secret}`
  return {
    mock,
    gateway,
    authorization,
    chat(name, more = {}, headers = {}) {
      const body = { model: name, messages: [{ role: 'user', content: 'hi' }], ...more }
      return ask(`${gateway.base}/v1/chat/completions`, 'POST', body, { authorization, ...headers })
    },
    async stop() {
      await gateway.stop()
      for (const fault of Object.values(faults)) await fault.stop()
      await mock.stop()
    },
  }
}

type Faults = Readonly<Record<'resetting' | 'slicing' | 'garbling', FaultProxy>>

async function configOf(mock: MockUpstream, { resetting, slicing, garbling }: Faults) {
  return {
    providers: {
      mock: providerAt(mock.url),
      resetting: providerAt(`http://127.0.0.1:${resetting.port}`),
      slicing: providerAt(`http://127.0.0.1:${slicing.port}`),
      garbling: providerAt(`http://127.0.0.1:${garbling.port}`),
      nowhere: providerAt(`http://127.0.0.1:${await freePort(Math.random)}`),
    },
    models: {
      plain: model(['gpt-x']),
      'second-after-500': model(['mock.status-500', 'gpt-x'], 1),
      'second-after-429': model(['mock.status-429.retryAfter-30', 'gpt-x'], 1),
      'second-after-401': model(['mock.status-401', 'gpt-x'], 1),
      'second-after-html': model(['mock.status-502.html', 'gpt-x'], 1),
      'second-after-hang': model(['mock.hang', 'gpt-x'], 1, { timeouts: { firstToken: '300ms' } }),
      'second-after-cut': model(['mock.cut-100', 'gpt-x'], 1),
      'second-after-error-event': model(['mock.errorAt-0', 'gpt-x'], 1),
      'second-after-connect': { ...model(['gpt-x'], 1), ...targets(['nowhere', 'gpt-x'], ['mock', 'gpt-x']) },
      'second-after-reset': { ...model(['gpt-x'], 1), ...targets(['resetting', 'gpt-x'], ['mock', 'gpt-x']) },
      'waits-a-second': model(['mock.status-429.retryAfter-1'], 1),
      'does-not-wait': model(['mock.status-429.retryAfter-30'], 3),
      'all-limited': model(['mock.status-429.retryAfter-9', 'mock.status-429.retryAfter-4'], 1),
      'limited-and-broken': model(['mock.status-429.retryAfter-9', 'mock.status-500'], 1),
      broken: model(['mock.status-500']),
      'falls-back': { ...model(['mock.status-500']), fallbacks: ['broken', 'plain'] },
      'never-retried': { ...model(['mock.status-422', 'gpt-x'], 3), fallbacks: ['plain'] },
      hangs: model(['mock.hang'], 0, { timeouts: { firstToken: '300ms' } }),
      'takes-long': model(['mock.delay-5000'], 0, { timeouts: { total: '300ms' } }),
      'falls-silent': model(['mock.chunks-10.hold-3'], 0, { timeouts: { idle: '400ms' } }),
      'cut-short': model(['mock.chunks-20.cut-900']),
      'ends-in-error': model(['mock.chunks-20.errorAt-5']),
      'without-done': model(['mock.chunks-3.noDone']),
      'usage-on-last-choice': model(['mock.chunks-3.usageOnLastChoice']),
      garbled: { ...targets(['garbling', 'gpt-x']), retries: { attempts: 0 } },
      'second-after-garble': { ...model(['gpt-x'], 1), ...targets(['garbling', 'gpt-x'], ['mock', 'gpt-x']) },
      paced: model([`mock.chunks-${chunksInAll}.pace-10`]),
      'page-for-a-stream': model(['mock.unary']),
      'stream-for-a-page': model(['mock.sse']),
      sliced: targets(['slicing', 'mock.chunks-5']),
      weighted: { targets: [target('mock', 'gpt-70', 70), target('mock', 'gpt-30', 30)] },
    },
  }
}

/** Targets on the mock, in this order. */
function model(names: string[], attempts = 0, more: object = {}) {
  return { ...targets(...names.map((name): [string, string] => ['mock', name])), retries: { attempts }, ...more }
}

function targets(...pairs: [provider: string, model: string][]) {
  return { targets: pairs.map(([provider, name]) => target(provider, name)), routing: 'priority' }
}

function target(provider: string, name: string, weight = 1) {
  return { provider, model: name, weight }
}
