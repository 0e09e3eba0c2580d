// What a newcomer may have at hand already: provider keys in the environment, local model servers on their usual ports.
// They are named at start, and become providers only when that was asked for (`--auto`).
import { decidePut } from '../../shared/config/decide.ts'
import { withProblem } from './api/refusals.ts'
import { bootstrapActor } from './bootstrap.ts'
import type { ConfigService } from './config-service.ts'
import { modelsOfServer } from './probe-local-server.ts'
import { type Environment, googleProject, type ProviderKey, providerKeys, settingOf } from './provider-keys.ts'

export type Finding = (FoundKey | FoundServer) & {
  readonly enabled: boolean
  /** A model that can be called by its name alone once the provider is there. */
  readonly example: string | undefined
}

interface FoundKey {
  readonly type: 'provider-key'
  readonly variable: string
  readonly provider: string
  /** Variables without which it makes no provider; of those that are written with `|` one is enough. */
  readonly lacks: readonly string[]
}

interface FoundServer {
  readonly type: 'local-server'
  /** The name of the server, and of its provider. */
  readonly provider: string
  readonly baseUrl: string
  readonly models: readonly string[]
}

const localServers = [
  { provider: 'ollama', baseUrl: 'http://127.0.0.1:11434/v1' },
  { provider: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' },
]

export interface DiscoverOptions {
  readonly environment: Environment
  /** Default: the usual ports of this machine. */
  readonly servers?: readonly Pick<FoundServer, 'provider' | 'baseUrl'>[] | undefined
}

/** Asks the local ports and looks at the environment; changes nothing. */
export async function discover({ environment, servers = localServers }: DiscoverOptions): Promise<Finding[]> {
  const there = providerKeys.filter(({ variable }) => settingOf(environment, variable) !== undefined)
  const keys = await Promise.all(there.map((key) => foundKey(key, environment)))
  const answers = await Promise.all(servers.map(foundServer))
  return [...keys, ...answers.flat()]
}

async function foundKey({ variable, provider, needs, example }: ProviderKey, environment: Environment) {
  const lacks = needs.filter((names) => settingOf(environment, names) === undefined)
  const noProject = provider === 'vertex' && (await googleProject(environment)) === undefined
  if (noProject) lacks.push('GOOGLE_CLOUD_PROJECT')
  return { type: 'provider-key' as const, variable, provider, lacks, example, enabled: false }
}

async function foundServer({ provider, baseUrl }: Pick<FoundServer, 'provider' | 'baseUrl'>): Promise<Finding[]> {
  const models = await modelsOfServer(baseUrl)
  if (models === undefined) return []
  return [{ type: 'local-server', provider, baseUrl, models, example: models[0], enabled: false }]
}

/** Makes providers of what was found, where there is none of that name; marks each as enabled. */
export async function enable(
  findings: readonly Finding[],
  options: { desk: ConfigService; environment: Environment },
): Promise<Finding[]> {
  const enabled: Finding[] = []
  for (const finding of findings) enabled.push(await enableOne(finding, options))
  return enabled
}

async function enableOne(finding: Finding, { desk, environment }: Parameters<typeof enable>[1]): Promise<Finding> {
  const { provider: name } = finding
  const input = finding.type === 'local-server' ? serverSpec(finding) : await keySpec(finding, environment)
  if (input === undefined) return finding
  const written = await desk.write({
    ...bootstrapActor,
    reason: 'found at start',
    decide: (state, tools) => {
      const there = state.resources.providers.get(name)
      // A server that was found before may have other models by now.
      const isKept = there !== undefined && (finding.type === 'provider-key' || there.origin !== 'bootstrap')
      if (isKept) return { ok: true, value: undefined }
      return withProblem(decidePut(state, { kind: 'providers', name, input, origin: 'bootstrap' }, tools))
    },
  })
  return { ...finding, enabled: written.ok }
}

function serverSpec({ baseUrl, models }: FoundServer): object {
  return { kind: 'openai', baseUrl, allowPrivate: true, bareNames: models }
}

async function keySpec({ variable, lacks }: FoundKey, environment: Environment): Promise<object | undefined> {
  const key = providerKeys.find((one) => one.variable === variable)
  if (key === undefined || lacks.length > 0) return undefined
  const credential = { name: 'main', ...key.credential(environment[variable] ?? '') }
  return { kind: key.provider, ...(await key.place(environment)), credentials: [credential] }
}
