// Callers of one dialect and upstreams of another, with one gateway between them: the set-up of the tests of this folder.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { type Gateway, startGateway } from '../gateway.ts'
import {
  type ScriptedAnswer,
  type ScriptedUpstream,
  type SeenRequest,
  startScriptedUpstream,
} from '../scripted-upstream.ts'
import { until } from '../until.ts'
import { completion, message } from './answers.ts'

type Script = (request: SeenRequest) => ScriptedAnswer

export interface TranslationRig {
  readonly gateway: Gateway
  readonly secret: string
  readonly openai: OpenAI
  readonly anthropic: Anthropic
  readonly claude: ScriptedUpstream
  readonly gpt: ScriptedUpstream
  claudeScript: Script
  gptScript: Script
  post(path: string, body: object, options?: PostOptions): Promise<{ status: number; headers: Headers; text: string }>
  /** The record of a request, once there is one. */
  recordOf(requestId: string): Promise<unknown>
  /** Forgets the requests and scripts of the last test. */
  reset(): void
  stop(): Promise<void>
}

export interface PostOptions {
  readonly headers?: Record<string, string>
  /** Called when the answer has begun. The head of a stream goes out with its first events. */
  readonly onBegun?: () => void
}

const price = {
  inputPerMTok: 3,
  outputPerMTok: 15,
  cachedInputPerMTok: 0.3,
  cacheWritePerMTok: 3.75,
  cacheWrite1hPerMTok: 6,
}

const one = (provider: string, model: string, more: object = {}) => ({
  targets: [{ provider, model, price }],
  retries: { attempts: 0 },
  ...more,
})

function configFor(claude: ScriptedUpstream, gpt: ScriptedUpstream) {
  return {
    providers: {
      claude: { kind: 'anthropic', baseUrl: claude.url, credentials: [{ name: 'main', apiKey: 'sk-ant-canary' }] },
      gpt: { kind: 'openai', baseUrl: `${gpt.url}/v1`, credentials: [{ name: 'main', apiKey: 'sk-canary' }] },
    },
    models: {
      claude: one('claude', 'claude-sonnet-4-5'),
      gpt: one('gpt', 'gpt-x'),
      'older-claude': one('claude', 'claude-sonnet-4-20250514'),
      strict: one('claude', 'claude-sonnet-4-5', { strict: true }),
      'claude-then-gpt': one('claude', 'claude-sonnet-4-5', { fallbacks: ['gpt'] }),
      'gpt-then-claude': one('gpt', 'gpt-x', { fallbacks: ['claude'] }),
      both: {
        targets: [
          { provider: 'claude', model: 'claude-sonnet-4-5' },
          { provider: 'gpt', model: 'gpt-x' },
        ],
        routing: 'priority',
        retries: { attempts: 0 },
      },
    },
  }
}

export async function startTranslationRig(): Promise<TranslationRig> {
  const claude = await startScriptedUpstream((request) => rig.claudeScript(request))
  const gpt = await startScriptedUpstream((request) => rig.gptScript(request))
  const gateway = await startGateway({ config: configFor(claude, gpt) })
  const { secret } = await gateway.issueKey()
  const rig: TranslationRig = {
    gateway,
    secret,
    openai: new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1`, maxRetries: 0 }),
    anthropic: new Anthropic({ apiKey: secret, baseURL: gateway.base, maxRetries: 0 }),
    claude,
    gpt,
    claudeScript: () => message(),
    gptScript: () => completion(),
    async post(path, body, { headers = {}, onBegun } = {}) {
      const response = await fetch(`${gateway.base}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, ...headers },
        body: JSON.stringify(body),
      })
      onBegun?.()
      const text = await response.text()
      return { status: response.status, headers: response.headers, text }
    },
    async recordOf(requestId) {
      const ask = () => gateway.admin('GET', `/requests/${requestId}`)
      await until(async () => (await ask()).status === 200, 10_000)
      return (await ask()).json
    },
    reset() {
      claude.seen.length = 0
      gpt.seen.length = 0
      rig.claudeScript = () => message()
      rig.gptScript = () => completion()
    },
    async stop() {
      await gateway.stop()
      await claude.stop()
      await gpt.stop()
    },
  }
  return rig
}
