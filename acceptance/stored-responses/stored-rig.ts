// One gateway over an upstream that keeps no responses and one that does, and two teams: the set-up of the tests of this folder.
import type { LLMock } from '@copilotkit/aimock'
import OpenAI from 'openai'
import { ask, type Gateway, startGateway } from '../gateway.ts'
import type { Told } from '../http.ts'
import { modelOn, startScriptedLlm } from '../scripted-llm.ts'
import {
  type ScriptedAnswer,
  type ScriptedUpstream,
  type SeenRequest,
  startScriptedUpstream,
} from '../scripted-upstream.ts'
import { said } from './claude-answers.ts'
import { HoldingUpstream } from './holding-upstream.ts'

export interface StoredRig {
  readonly gateway: Gateway
  /** A key of the team blue. */
  readonly secret: string
  readonly openai: OpenAI
  /** The client of another team. */
  readonly stranger: OpenAI
  /** An upstream that keeps no responses; it answers as the script says. */
  readonly claude: ScriptedUpstream
  script: (request: SeenRequest) => ScriptedAnswer
  /** An upstream that keeps responses. */
  readonly holder: ScriptedUpstream
  readonly held: HoldingUpstream['made']
  clientFor(secret: string): OpenAI
  get(path: string, method?: string): Promise<Told>
  /** Forgets the requests and the script of the last test. */
  reset(): void
  stop(): Promise<void>
}

export async function startStoredRig(): Promise<StoredRig> {
  const llm = await startScriptedLlm()
  const holding = new HoldingUpstream()
  const claude = await startScriptedUpstream((request) => rig.script(request))
  const holder = await startScriptedUpstream((request) => holding.answer(request))
  const gateway = await startGateway({ config: configFor({ claude, holder, llm }) })
  const { secret } = await gateway.issueKey({ owner: { team: 'blue' } })
  const clientFor = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
  const script = () => said('Hello from Claude.')
  const rig: StoredRig = {
    gateway,
    secret,
    openai: clientFor(secret),
    stranger: clientFor((await gateway.issueKey({ owner: { team: 'green' } })).secret),
    claude,
    script,
    holder,
    held: holding.made,
    clientFor,
    get: (path, method = 'GET') =>
      ask(`${gateway.base}/v1/responses/${path}`, method, undefined, { authorization: `Bearer ${secret}` }),
    reset() {
      claude.seen.length = 0
      holder.seen.length = 0
      rig.script = script
    },
    async stop() {
      await gateway.stop()
      await claude.stop()
      await holder.stop()
      await llm.stop()
    },
  }
  return rig
}

function configFor({ claude, holder, llm }: { claude: ScriptedUpstream; holder: ScriptedUpstream; llm: LLMock }) {
  const credentials = ['one', 'two', 'three'].map((name) => ({ name, apiKey: `sk-${name}` }))
  return {
    teams: { blue: {}, green: {} },
    providers: {
      claude: { kind: 'anthropic', baseUrl: claude.url, credentials: [{ name: 'main', apiKey: 'sk-ant' }] },
      holder: { kind: 'openai', baseUrl: `${holder.url}/v1`, credentials },
      scripted: { kind: 'anthropic', baseUrl: llm.url, credentials: [{ name: 'main', apiKey: 'sk-llm' }] },
    },
    models: {
      claude: modelOn('claude', 'claude-sonnet-4-5'),
      held: modelOn('holder', 'gpt-x'),
      forgetful: modelOn('holder', 'gpt-forgetful'),
      scripted: modelOn('scripted', 'claude-sonnet-4-5'),
    },
  }
}
