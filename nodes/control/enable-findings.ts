// `--auto`: providers are made of what a start found. A provider that somebody else made or changed stays as it is.
import { type Decision, decidePut } from '../../shared/config/decide.ts'
import type { Origin } from '../../shared/config/kinds/kind.ts'
import { withProblem } from './api/refusals.ts'
import { bootstrapActor } from './bootstrap.ts'
import type { ConfigService } from './config-service.ts'
import { type Finding, type FoundKey, type FoundServer, isOf, type Standing } from './discovery.ts'
import { egressOf } from './environment-base-url.ts'
import type { Problem } from './http/answer.ts'
import { type Environment, providerKeys } from './provider-keys.ts'

export interface EnableOptions {
  readonly desk: ConfigService
  readonly environment: Environment
}

const reason = 'found at start'

/** Makes providers of what was found, and brings those up to date that an earlier start made; says of each what it did. */
export async function enable(findings: readonly Finding[], options: EnableOptions): Promise<Finding[]> {
  const enabled: Finding[] = []
  for (const finding of findings) enabled.push(await enableOne(finding, options))
  return enabled
}

async function enableOne(finding: Finding, { desk, environment }: EnableOptions): Promise<Finding> {
  const { provider: name } = finding
  const input = finding.type === 'local-server' ? serverSpec(finding) : await keySpec(finding, environment)
  if (input === undefined || finding.standing === 'own-key') return finding
  const ours = await revisionWrittenByStart(name, desk)
  let standing: Standing = 'found'
  const written = await desk.write({
    ...bootstrapActor,
    reason,
    decide: (state, tools) => {
      const put = (origin: Origin): Decision => decidePut(state, { kind: 'providers', name, input, origin }, tools)
      const there = state.resources.providers.get(name)
      standing = 'enabled'
      if (there === undefined) return withProblem(put('bootstrap'))
      const isSame = isOf(finding, there.spec, { environment, tools })
      standing = isSame ? 'configured' : 'differs'
      const isKept =
        there.revision !== ours || (isSame ? finding.type === 'provider-key' : movesKey(finding, there.spec))
      if (isKept) return { ok: true, value: undefined }
      if (!isSame) standing = 'updated'
      return withProblem(put('bootstrap'))
    },
  })
  return written.ok ? { ...finding, standing } : { ...finding, standing: 'refused', refusal: wordsOf(written.error) }
}

/** Whether the change would take a provider with an address of its own to the usual one, with a key that may not be meant for it:
 *  the environment merely no longer says where the key belongs. */
function movesKey({ baseUrl }: Finding, spec: { readonly baseUrl?: string }): boolean {
  return baseUrl === undefined && spec.baseUrl !== undefined
}

/** The revision at which a start last wrote the provider; undefined when somebody else did, or it cannot be told. */
async function revisionWrittenByStart(name: string, desk: ConfigService): Promise<number | undefined> {
  const state = desk.state()
  const there = state.ok ? state.value.resources.providers.get(name) : undefined
  if (there === undefined || there.origin !== 'bootstrap') return undefined
  const events = await desk.events(there.revision - 1, 1)
  const event = events.ok ? events.value[0]?.event : undefined
  const isOurs = event?.revision === there.revision && event.actor === bootstrapActor.actor && event.reason === reason
  return isOurs ? there.revision : undefined
}

function serverSpec({ baseUrl, models }: FoundServer): object {
  return { kind: 'openai', baseUrl, allowPrivate: true, bareNames: models }
}

async function keySpec({ variable, lacks, baseUrl }: FoundKey, environment: Environment): Promise<object | undefined> {
  const key = providerKeys.find((one) => one.variable === variable)
  if (key === undefined || lacks.length > 0) return undefined
  const credential = { name: 'main', ...key.credential(environment[variable] ?? '') }
  const address = baseUrl === undefined ? {} : { baseUrl, ...egressOf(baseUrl) }
  return { kind: key.provider, ...address, ...(await key.place(environment)), credentials: [credential] }
}

function wordsOf({ detail, title, problems = [] }: Problem): string {
  const [first] = problems
  return first === undefined ? (detail ?? title) : `${first.path}: ${first.message}`
}
