// Callers of realtime sessions, the gateway, and a local server: the set-up of the tests of this folder.
import { WebSocket } from 'ws'
import { type Gateway, startGateway } from '../gateway.ts'
import { modelOn, providerAt } from '../scripted-llm.ts'
import { until } from '../until.ts'
import { answering, type RealtimeUpstream, startRealtimeUpstream } from './realtime-upstream.ts'

export interface OpenOptions {
  key?: string
  protocols?: string[]
  headers?: Record<string, string>
  path?: string
}

export interface RealtimeRig {
  readonly upstream: RealtimeUpstream
  readonly gateway: Gateway
  /** A key that may use every model but `hidden`. */
  readonly secret: string
  open(query: string, options?: OpenOptions): Client
  /** The record of a request, once there is one. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read into records whose shape they assert
  recordOf(id: string): Promise<any>
  /** Forgets the sessions of the last test. */
  reset(): void
  stop(): Promise<void>
}

export async function startRealtimeRig(): Promise<RealtimeRig> {
  const upstream = await startRealtimeUpstream()
  const gateway = await startGateway({ config: configFor(upstream) })
  const { secret } = await gateway.issueKey({
    models: ['voice', 'cloud', 'newcloud', 'claude', 'steadfast', 'unreachable'],
  })
  return {
    upstream,
    gateway,
    secret,
    open(query, { key = secret, protocols, headers = {}, path = '/v1/realtime' } = {}) {
      return listening(`${gateway.base.replace('http', 'ws')}${path}?${query}`, key, protocols, headers)
    },
    async recordOf(id) {
      const ask = () => gateway.admin('GET', `/requests/${id}`)
      await until(async () => (await ask()).status === 200, 10_000)
      return (await ask()).json
    },
    reset() {
      upstream.handshakes.length = 0
      upstream.sockets.length = 0
      upstream.onSocket = answering
      upstream.refusal = undefined
    },
    async stop() {
      await gateway.stop()
      await upstream.stop()
    },
  }
}

function configFor(upstream: RealtimeUpstream) {
  const price = { inputPerMTok: 4, outputPerMTok: 16 }
  const azure = { kind: 'azure', baseUrl: upstream.url, credentials: [{ name: 'main', apiKey: 'azure-canary' }] }
  return {
    providers: {
      live: { ...providerAt(upstream.url), bareNames: ['gpt-realtime-bare'] },
      nowhere: providerAt('http://127.0.0.1:9'),
      cloud: azure,
      newcloud: { ...azure, apiVersion: 'v1' },
      claude: { kind: 'anthropic', baseUrl: upstream.url, credentials: [{ name: 'main', apiKey: 'sk-ant' }] },
    },
    models: {
      voice: { targets: [{ provider: 'live', model: 'gpt-realtime-x', price }], retries: { attempts: 0 } },
      cloud: modelOn('cloud', 'my-deployment'),
      newcloud: modelOn('newcloud', 'my-deployment'),
      claude: modelOn('claude', 'claude-x'),
      steadfast: { ...modelOn('nowhere', 'x'), fallbacks: ['voice'] },
      unreachable: modelOn('nowhere', 'x'),
      hidden: modelOn('live', 'x'),
    },
  }
}

export interface Client {
  readonly socket: WebSocket
  readonly messages: { readonly text: string; readonly isBinary: boolean; readonly bytes: Buffer }[]
  readonly closed: Promise<{ code: number; reason: string }>
  /** How the handshake was answered, where it was refused. */
  readonly refused: Promise<{ status: number; error: { code: string } }>
  readonly opened: Promise<void>
}

export function listening(
  url: string,
  key: string,
  protocols: string[] = [],
  headers: Record<string, string> = {},
): Client {
  const authorization = key === '' ? {} : { authorization: `Bearer ${key}` }
  const socket = new WebSocket(url, protocols, { headers: { ...authorization, ...headers } })
  const messages: Client['messages'] = []
  socket.on('message', (bytes, isBinary) => messages.push({ text: isBinary ? '' : bytes.toString(), isBinary, bytes }))
  socket.on('error', () => {})
  return {
    socket,
    messages,
    opened: new Promise((resolve) => socket.on('open', resolve)),
    closed: new Promise((resolve) =>
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    ),
    refused: new Promise((resolve) =>
      socket.on('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, error: JSON.parse(Buffer.concat(chunks).toString()).error })
        })
      }),
    ),
  }
}

export const typesOf = ({ messages }: Client) => messages.map(({ text }) => (text === '' ? '' : JSON.parse(text).type))
