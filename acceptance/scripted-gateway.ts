// A gateway before one scripted upstream, with the official SDKs as its clients.
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts'
import {
  type ScriptedAnswer,
  type ScriptedUpstream,
  type SeenRequest,
  startScriptedUpstream,
} from './scripted-upstream.ts'

/** The official SDKs with one key; they do not retry. */
export interface SdkClients {
  readonly openai: OpenAI
  readonly anthropic: Anthropic
  readonly google: GoogleGenAI
}

export interface ScriptedGateway extends SdkClients {
  readonly upstream: ScriptedUpstream
  readonly gateway: Gateway
  readonly secret: string
  stop(): Promise<void>
}

export function sdkClients({ base }: Gateway, secret: string): SdkClients {
  return {
    openai: new OpenAI({ apiKey: secret, baseURL: `${base}/v1`, maxRetries: 0 }),
    anthropic: new Anthropic({ apiKey: secret, baseURL: base, maxRetries: 0 }),
    google: new GoogleGenAI({ apiKey: secret, httpOptions: { baseUrl: base } }),
  }
}

/** `options` is given the URL of the upstream, which answers as `answer` says. */
export async function startScriptedGateway(
  answer: (request: SeenRequest) => ScriptedAnswer,
  options: (url: string) => GatewayOptions,
): Promise<ScriptedGateway> {
  const upstream = await startScriptedUpstream(answer)
  const gateway = await startGateway(options(upstream.url))
  const { secret } = await gateway.issueKey()
  return {
    upstream,
    gateway,
    secret,
    ...sdkClients(gateway, secret),
    async stop() {
      await gateway.stop()
      await upstream.stop()
    },
  }
}
