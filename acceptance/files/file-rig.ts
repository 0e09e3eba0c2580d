// Two teams and a key that may use one model alone, over a provider with two accounts and one with another: the set-up of the
// tests of this folder.
import OpenAI, { toFile } from 'openai'
import { type Gateway, startGateway } from '../gateway.ts'
import { type Account, type FileUpstream, startFileUpstream } from './file-upstream.ts'

export const first = { name: 'first', apiKey: 'sk-first' }
export const second = { name: 'second', apiKey: 'sk-second' }

export interface FileRig {
  readonly upstream: FileUpstream
  readonly gateway: Gateway
  readonly ours: OpenAI
  readonly ourKey: string
  readonly theirs: OpenAI
  /** A client of our team that may use the model `smart` alone. */
  readonly narrow: OpenAI
  /** The account that uploads go to. */
  account(): Account
  /** Forgets what the last test did. */
  reset(): void
  stop(): Promise<void>
}

export interface FileRigOptions {
  readonly environment?: Record<string, string>
  readonly budgets?: Record<string, object>
}

export async function startFileRig({ environment = {}, budgets = {} }: FileRigOptions = {}): Promise<FileRig> {
  const upstream = await startFileUpstream()
  const gateway = await startGateway({ config: { ...configFor(upstream), budgets }, environment })
  const keyOf = async (team: string, more: object = {}) =>
    (await gateway.issueKey({ name: team, owner: { team }, ...more })).secret
  const clientOf = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
  const ourKey = await keyOf('us')
  const account = () => upstream.account(first.apiKey)
  return {
    upstream,
    gateway,
    ours: clientOf(ourKey),
    ourKey,
    theirs: clientOf(await keyOf('them')),
    narrow: clientOf(await keyOf('us', { models: ['smart'] })),
    account,
    reset() {
      account().files.clear()
      account().batches.clear()
      upstream.seen.length = 0
      upstream.pageMax = 100
      upstream.failure = () => undefined
    },
    async stop() {
      await gateway.stop()
      await upstream.stop()
    },
  }
}

/** The tier of batches costs half. */
const price = {
  inputPerMTok: 1,
  outputPerMTok: 2,
  tiers: { batch: { inputPerMTok: 0.5, outputPerMTok: 1 } },
}

function configFor(upstream: FileUpstream) {
  const baseUrl = `${upstream.url}/v1`
  return {
    providers: {
      vault: { kind: 'openai', baseUrl, credentials: [first, second], bareNames: ['tuned-1'] },
      other: { kind: 'openai', baseUrl, credentials: [{ name: 'main', apiKey: 'sk-other' }] },
      claude: { kind: 'anthropic', baseUrl: upstream.url, credentials: [{ name: 'main', apiKey: 'sk-ant' }] },
    },
    models: {
      fast: { targets: [{ provider: 'vault', model: 'gpt-fast-1', price }] },
      smart: {
        targets: [
          { provider: 'claude', model: 'claude-x' },
          { provider: 'vault', model: 'gpt-smart-1', price },
        ],
      },
      elsewhere: { targets: [{ provider: 'other', model: 'x' }] },
      claude: { targets: [{ provider: 'claude', model: 'claude-x' }] },
    },
    teams: {
      us: { models: ['fast', 'smart', 'claude', 'vault/*'] },
      them: { models: ['fast', 'elsewhere', 'vault/*'] },
    },
  }
}

export const vault = { headers: { 'x-headgate-provider': 'vault' } }
export const document = () => toFile(Buffer.from('hello'), 'näme.txt')
export const requestOf = (model: unknown, id = '1') =>
  JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body: { model, messages: [] } })

export function batchFile(...models: unknown[]) {
  return toFile(Buffer.from(models.map((model, i) => `${requestOf(model, `${i}`)}\n`).join('')), 'batch.jsonl')
}
