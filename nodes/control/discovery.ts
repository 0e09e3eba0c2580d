// What a newcomer may have at hand already: provider keys in the environment, local model servers on their usual ports.
// They are named at start, and become providers only when that was asked for (`--auto`).
import { decidePut } from '../../shared/config/decide.ts'
import { withProblem } from './api/refusals.ts'
import { bootstrapActor } from './bootstrap.ts'
import type { ConfigService } from './config-service.ts'
import { speaksOpenAi } from './probe-local-server.ts'

export type Finding =
  /** `provider` is undefined where this version has no such kind of provider yet. */
  | { type: 'provider-key'; variable: string; provider: string | undefined; enabled: boolean }
  | { type: 'local-server'; name: string; baseUrl: string; enabled: boolean }

type Environment = Readonly<Record<string, string | undefined>>

/** A provider is named after its kind. */
const keyVariables: { variable: string; provider: string | undefined }[] = [
  { variable: 'OPENAI_API_KEY', provider: 'openai' },
  { variable: 'ANTHROPIC_API_KEY', provider: 'anthropic' },
  { variable: 'AWS_ACCESS_KEY_ID', provider: undefined },
  { variable: 'GOOGLE_APPLICATION_CREDENTIALS', provider: undefined },
]

const localServers = [
  { name: 'ollama', baseUrl: 'http://127.0.0.1:11434/v1' },
  { name: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' },
]

/** Asks the local ports and looks at the environment; changes nothing. */
export async function discover(environment: Environment): Promise<Finding[]> {
  const keys = keyVariables
    .filter(({ variable }) => (environment[variable] ?? '') !== '')
    .map((key): Finding => ({ type: 'provider-key', ...key, enabled: false }))
  const answers = await Promise.all(localServers.map(({ baseUrl }) => speaksOpenAi(baseUrl)))
  const servers = localServers.filter((_, index) => answers[index])
  return [...keys, ...servers.map((server): Finding => ({ type: 'local-server', ...server, enabled: false }))]
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
  const name = finding.type === 'provider-key' ? finding.provider : finding.name
  if (name === undefined) return finding
  const input =
    finding.type === 'local-server'
      ? { kind: 'openai', baseUrl: finding.baseUrl, allowPrivate: true }
      : { kind: name, credentials: [{ name: 'main', apiKey: environment[finding.variable] }] }
  const written = await desk.write({
    ...bootstrapActor,
    reason: 'found at start',
    decide: (state, tools) => {
      if (state.resources.providers.has(name)) return { ok: true, value: undefined }
      return withProblem(decidePut(state, { kind: 'providers', name, input, origin: 'bootstrap' }, tools))
    },
  })
  return { ...finding, enabled: written.ok }
}
