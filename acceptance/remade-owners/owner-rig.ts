// A gateway over an upstream that keeps no responses, one that does and one that keeps files: what an owner leaves behind, and
// every way in which a caller could reach it.
import { type Account, type FileUpstream, startFileUpstream } from '../files/file-upstream.ts'
import { ask, type Gateway, startGateway } from '../gateway.ts'
import type { Told } from '../http.ts'
import { modelOn } from '../scripted-llm.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../scripted-upstream.ts'
import { said } from '../stored-responses/claude-answers.ts'
import { HoldingUpstream } from '../stored-responses/holding-upstream.ts'

/** What an owner has left: ids as its callers saw them. */
export interface Left {
  readonly response: string
  readonly item: string
  readonly held: string
  readonly file: string
  readonly lines: string
  readonly batch: string
}

export interface OwnerRig {
  readonly gateway: Gateway
  readonly files: FileUpstream
  /** Replaces the gateway by one that starts with this configuration on the same data folder. */
  restart(owners: object): Promise<void>
  keyFor(owner: object): Promise<{ id: string; secret: string }>
  /** Leaves one object of each sort. */
  leave(secret: string): Promise<Left>
  /** The uses that reach what was left. */
  reached(secret: string, left: Left): Promise<string[]>
  stop(): Promise<void>
}

const secretText = 'what the old owner wrote'
const atVault = { 'x-headgate-provider': 'vault' }

type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Told>

/** Each use is tried with a caller and what was left, and tells whether it reached it. */
const uses: Record<string, (call: Call, left: Left, account: Account) => Promise<boolean>> = {
  'a response is read': async (call, { response }) => isOk(await call('GET', `/responses/${response}`)),
  'a response is replayed': async (call, { response }) => isOk(await call('GET', `/responses/${response}?stream=true`)),
  'its input is listed': async (call, { response }) => isOk(await call('GET', `/responses/${response}/input_items`)),
  'a conversation goes on': async (call, { response }) =>
    isOk(await call('POST', '/responses', { model: 'claude', input: 'x', previous_response_id: response })),
  'an item is referred to': async (call, { item }) =>
    isOk(await call('POST', '/responses', { model: 'claude', input: [{ type: 'item_reference', id: item }] })),
  'a response at a provider is read': async (call, { held }) => isOk(await call('GET', `/responses/${held}`)),
  'a response at a provider is continued': async (call, { held }) =>
    isOk(await call('POST', '/responses', { model: 'held', input: 'x', previous_response_id: held })),
  'a file is looked at': async (call, { file }) => isOk(await call('GET', `/files/${file}`)),
  'a file is read': async (call, { file }) => isOk(await call('GET', `/files/${file}/content`)),
  'files are listed': async (call) => (await call('GET', '/files', undefined, atVault)).json?.data?.length > 0,
  'a file is named in a request': async (call, { file }) => {
    const content = [{ type: 'input_file', file_id: file }]
    const asked = { model: 'filed', input: [{ role: 'user', content }], store: false }
    return (await call('POST', '/responses', asked, atVault)).text.includes('notes.txt')
  },
  'a batch is looked at': async (call, { batch }) => isOk(await call('GET', `/batches/${batch}`)),
  'batches are listed': async (call) => (await call('GET', '/batches', undefined, atVault)).json?.data?.length > 0,
  'a batch runs on a file': async (call, { lines }) => {
    const asked = { input_file_id: lines, endpoint: '/v1/chat/completions', completion_window: '24h' }
    return isOk(await call('POST', '/batches', asked))
  },
  'a batch is cancelled': async (call, { batch }) => isOk(await call('POST', `/batches/${batch}/cancel`)),
  'a file is deleted': async (call, { file }, account) => {
    const before = account.files.size
    await call('DELETE', `/files/${file}`)
    return account.files.size < before
  },
  'a response is deleted': async (call, { response }) => isOk(await call('DELETE', `/responses/${response}`)),
}

export const useNames = Object.keys(uses)

export async function startOwnerRig(owners: object = {}): Promise<OwnerRig> {
  const holding = new HoldingUpstream()
  const claude = await startScriptedUpstream(() => said('Hello from Claude.'))
  const holder = await startScriptedUpstream((request) => holding.answer(request))
  const files = await startFileUpstream()
  const configFor = (more: object) => ({ ...baseConfig({ claude, holder, files }), ...more })
  let gateway = await startGateway({ config: configFor(owners) })
  const callAs =
    (secret: string): Call =>
    (method, path, body, headers) =>
      ask(`${gateway.base}/v1${path}`, method, body, { authorization: `Bearer ${secret}`, ...headers })
  return {
    get gateway() {
      return gateway
    },
    files,
    async restart(more) {
      await gateway.kill('SIGTERM')
      gateway = await startGateway({ config: configFor(more), dataDir: gateway.dataDir })
    },
    keyFor: (owner) => gateway.issueKey({ owner }),
    leave: (secret) => leave(callAs(secret), `${gateway.base}/v1/files`, secret),
    async reached(secret, left) {
      const found: string[] = []
      for (const [name, use] of Object.entries(uses)) {
        if (await use(callAs(secret), left, files.account('sk-vault'))) found.push(name)
      }
      return found
    },
    async stop() {
      await gateway.stop()
      await Promise.all([claude, holder, files].map((one) => one.stop()))
    },
  }
}

async function leave(call: Call, filesUrl: string, secret: string): Promise<Left> {
  const kept = good(await call('POST', '/responses', { model: 'claude', input: secretText }))
  const held = good(await call('POST', '/responses', { model: 'held', input: secretText }))
  const upload = async (name: string, purpose: string, text: string) => {
    const form = new FormData()
    form.set('purpose', purpose)
    form.set('file', new Blob([text]), name)
    const headers = { authorization: `Bearer ${secret}`, ...atVault }
    const answer = await fetch(filesUrl, { method: 'POST', headers, body: form })
    return ((await answer.json()) as { id: string }).id
  }
  const line = { custom_id: '1', method: 'POST', url: '/v1/chat/completions', body: { model: 'filed', messages: [] } }
  const lines = await upload('lines.jsonl', 'batch', `${JSON.stringify(line)}\n`)
  const asked = { input_file_id: lines, endpoint: '/v1/chat/completions', completion_window: '24h' }
  const batch = good(await call('POST', '/batches', asked))
  const file = await upload('notes.txt', 'user_data', secretText)
  return { response: kept.id, item: kept.output[0].id, held: held.id, file, lines, batch: batch.id }
}

function good(told: Told): Told['json'] {
  if (!isOk(told)) throw new Error(`${told.status} ${told.text}`)
  return told.json
}

function isOk({ status }: Told): boolean {
  return status === 200
}

interface Upstreams {
  readonly claude: ScriptedUpstream
  readonly holder: ScriptedUpstream
  readonly files: FileUpstream
}

function baseConfig({ claude, holder, files }: Upstreams) {
  return {
    providers: {
      claude: { kind: 'anthropic', baseUrl: claude.url, credentials: [{ name: 'main', apiKey: 'sk-ant' }] },
      holder: { kind: 'openai', baseUrl: `${holder.url}/v1`, credentials: [{ name: 'main', apiKey: 'sk-holder' }] },
      vault: { kind: 'openai', baseUrl: `${files.url}/v1`, credentials: [{ name: 'main', apiKey: 'sk-vault' }] },
    },
    models: {
      claude: modelOn('claude', 'claude-sonnet-4-5'),
      held: modelOn('holder', 'gpt-x'),
      filed: modelOn('vault', 'gpt-y'),
    },
  }
}
