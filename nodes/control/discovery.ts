// What a newcomer may have at hand already: provider keys in the environment, local model servers on their usual ports.
// They are named at start, and become providers only when that was asked for (`--auto`, in `enable-findings.ts`).
import type { DecideTools } from '../../shared/config/decide.ts'
import { storedBaseUrl } from '../../shared/config/kinds/providers/base-url.ts'
import type { ProviderSpec } from '../../shared/config/kinds/providers/spec.ts'
import { secretOwner } from '../../shared/config/secret-fields.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import { done } from '../../shared/result.ts'
import type { ConfigService } from './config-service.ts'
import { environmentBaseUrl, type OwnPorts } from './environment-base-url.ts'
import { modelsOfServer } from './probe-local-server.ts'
import { type Environment, googleProject, type ProviderKey, providerKeys, settingOf } from './provider-keys.ts'

export type Finding = (FoundKey | FoundServer) & {
  readonly standing: Standing
  /** Why no provider was made, where `standing` is `refused`. */
  readonly refusal?: string
  /** A model that can be called by its name alone once the provider is there. */
  readonly example: string | undefined
}

/** `found`: there is no such provider. `configured`: the provider has this key and this address. `differs`: there is a provider of
 *  that name with other ones, and it stays as it is. `own-key`: the key is one of a gateway, not of a provider. The others are what
 *  `--auto` did. */
export type Standing = 'found' | 'configured' | 'differs' | 'own-key' | 'enabled' | 'updated' | 'refused'

export interface FoundKey {
  readonly type: 'provider-key'
  readonly variable: string
  readonly provider: string
  /** The address that the environment names. Undefined: the provider's own. */
  readonly baseUrl: string | undefined
  /** Variables without which it makes no provider; of those that are written with `|` one is enough. */
  readonly lacks: readonly string[]
}

export interface FoundServer {
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
  /** The addresses of this gateway, which are no provider's. */
  readonly ports?: OwnPorts | undefined
  /** Default: the usual ports of this machine. */
  readonly servers?: readonly Pick<FoundServer, 'provider' | 'baseUrl'>[] | undefined
}

/** Asks the local ports and looks at the environment; changes nothing. */
export async function discover({ servers = localServers, ...options }: DiscoverOptions): Promise<Finding[]> {
  const there = providerKeys.filter(({ variable }) => settingOf(options.environment, variable) !== undefined)
  const keys = await Promise.all(there.map((key) => foundKey(key, options)))
  const answers = await Promise.all(servers.map(foundServer))
  return [...keys, ...answers.flat()]
}

async function foundKey(key: ProviderKey, { environment, ports }: DiscoverOptions): Promise<Finding> {
  const { variable, provider, needs } = key
  const lacks = needs.filter((names) => settingOf(environment, names) === undefined)
  const noProject = provider === 'vertex' && (await googleProject(environment)) === undefined
  if (noProject) lacks.push('GOOGLE_CLOUD_PROJECT')
  const baseUrl = environmentBaseUrl(key.baseUrl, { environment, ports })
  const standing = environment[variable]?.startsWith('hg_') ? 'own-key' : 'found'
  // What another server of OpenAI's API has is not known.
  const example = provider === 'openai' && baseUrl !== undefined && !isOpenAi(baseUrl) ? undefined : key.example
  return { type: 'provider-key', variable, provider, baseUrl, lacks, example, standing }
}

async function foundServer({ provider, baseUrl }: Pick<FoundServer, 'provider' | 'baseUrl'>): Promise<Finding[]> {
  const models = await modelsOfServer(baseUrl)
  if (models === undefined) return []
  return [{ type: 'local-server', provider, baseUrl, models, example: models[0], standing: 'found' }]
}

function isOpenAi(baseUrl: string): boolean {
  return URL.canParse(baseUrl) && new URL(baseUrl).hostname === 'api.openai.com'
}

/** The findings, with those marked of which there is a provider already. */
export function compare(
  findings: readonly Finding[],
  { desk, environment }: { desk: ConfigService; environment: Environment },
): Finding[] {
  let compared: Finding[] = [...findings]
  desk.dryRun((state, tools) => {
    compared = findings.map((finding) => {
      const there = finding.standing === 'found' ? specOf(state, finding) : undefined
      if (there === undefined) return finding
      return { ...finding, standing: isOf(finding, there, { environment, tools }) ? 'configured' : 'differs' }
    })
    return done(undefined)
  })
  return compared
}

function specOf(state: ConfigState, { provider }: Finding): ProviderSpec | undefined {
  return state.resources.providers.get(provider)?.spec
}

/** Whether a provider is what the finding would make: its key and its address. All else is the operator's. */
export function isOf(
  finding: Finding,
  spec: ProviderSpec,
  { environment, tools }: { environment: Environment; tools: Pick<DecideTools, 'sameSecret'> },
): boolean {
  const { baseUrl, provider } = finding
  if (baseUrl !== undefined && URL.canParse(baseUrl) && storedBaseUrl(spec.kind, baseUrl) !== spec.baseUrl) return false
  if (finding.type === 'local-server') return true
  const secret = environment[finding.variable] ?? ''
  const owner = secretOwner('providers', provider)
  return (spec.credentials ?? []).some(({ apiKey, aws, gcp }) => {
    return apiKey === undefined ? aws === 'default' || gcp === 'default' : tools.sameSecret(secret, apiKey, owner)
  })
}
