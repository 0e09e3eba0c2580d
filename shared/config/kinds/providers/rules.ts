// What a provider keeps secret, and which of its fields make sense for which kind of provider.
import { egressProblem } from '../../egress.ts'
import { foldName } from '../../names.ts'
import { invalid, type Problem } from '../../problem.ts'
import type { CheckOptions, KindRules } from '../kind-rules.ts'
import { records, text } from '../salvage.ts'
import { foreignApiProblem } from './base-url.ts'
import type { ProviderSpec } from './spec.ts'

export const providerRules: KindRules<ProviderSpec> = {
  secrets: {
    credentials: [{ apiKey: true, aws: { secretAccessKey: true, sessionToken: true }, azure: { clientSecret: true } }],
    tls: { key: true },
  },
  fileFields: [
    ['tls', 'ca'],
    ['tls', 'cert'],
  ],
  references: () => [],
  salvage,
  check,
}

function check(name: string, spec: ProviderSpec, options: CheckOptions): Problem[] {
  const path = ['providers', name]
  return [
    ...demoProblems(name, spec, path),
    ...azureProblems(spec, path),
    ...endpointProblems(spec, path),
    ...reasoningProblems(spec, path),
    ...foreignApiProblems(spec, path),
    ...placeProblems(spec, path),
    ...cloudProblems(spec, path),
    ...egressProblems(spec, path, options),
    ...credentialNameProblems(spec, path),
  ]
}

function demoProblems(name: string, spec: ProviderSpec, path: string[]): Problem[] {
  if (spec.kind !== 'demo') {
    return name === 'demo' ? [invalid([...path, 'kind'], 'the name "demo" is reserved for the demo provider')] : []
  }
  return Object.keys(spec)
    .filter((field) => field !== 'kind')
    .map((field) => invalid([...path, field], 'a demo provider lives in this process: it takes no such field'))
}

function azureProblems({ kind, baseUrl, apiVersion }: ProviderSpec, path: string[]): Problem[] {
  if (kind === 'azure' && baseUrl === undefined) {
    return [invalid([...path, 'baseUrl'], 'is required: the endpoint of the resource, https://….openai.azure.com')]
  }
  if (kind !== 'azure' && kind !== 'demo' && apiVersion !== undefined) {
    return [invalid([...path, 'apiVersion'], 'only azure has versions of its API to choose from')]
  }
  return []
}

function endpointProblems({ kind, endpoints, systemFirst }: ProviderSpec, path: string[]): Problem[] {
  if (kind === 'openai' || kind === 'demo') return []
  const problems: Problem[] = []
  if (endpoints !== undefined)
    problems.push(
      invalid([...path, 'endpoints'], `only openai has endpoints to choose from: those of ${kind} are known`),
    )
  if (systemFirst !== undefined)
    problems.push(invalid([...path, 'systemFirst'], `only openai has a choice: what ${kind} takes is known`))
  return problems
}

function reasoningProblems({ kind, reasoningBack }: ProviderSpec, path: string[]): Problem[] {
  if (reasoningBack === undefined || kind === 'openai' || kind === 'azure' || kind === 'demo') return []
  return [
    invalid([...path, 'reasoningBack'], `only openai and azure take it: ${kind} has a form of its own for reasoning`),
  ]
}

function foreignApiProblems({ kind, baseUrl }: ProviderSpec, path: string[]): Problem[] {
  const problem = baseUrl === undefined ? undefined : foreignApiProblem(kind, baseUrl)
  return problem === undefined ? [] : [invalid([...path, 'baseUrl'], problem)]
}

function placeProblems({ kind, region, project }: ProviderSpec, path: string[]): Problem[] {
  const problems: Problem[] = []
  const hasRegion = kind === 'bedrock' || kind === 'vertex'
  if (hasRegion && region === undefined)
    problems.push(invalid([...path, 'region'], `is required: ${kind} is called in one`))
  if (!hasRegion && kind !== 'demo' && region !== undefined) {
    problems.push(invalid([...path, 'region'], `${kind} has no regions to choose from`))
  }
  if (kind === 'vertex' && project === undefined) problems.push(invalid([...path, 'project'], 'is required'))
  if (kind !== 'vertex' && kind !== 'demo' && project !== undefined) {
    problems.push(invalid([...path, 'project'], 'only vertex has projects'))
  }
  return problems
}

/** The kinds of provider that take each cloud's credentials. */
const clouds = { aws: ['bedrock'], gcp: ['vertex'], azure: ['azure'] } as const

function cloudProblems({ kind, credentials = [] }: ProviderSpec, path: string[]): Problem[] {
  const problems: Problem[] = []
  for (const [index, credential] of credentials.entries()) {
    for (const [cloud, kinds] of Object.entries(clouds)) {
      if (!(cloud in credential) || (kinds as readonly string[]).includes(kind)) continue
      const message = `${kind} takes no ${cloud} credential, only ${kinds.join(', ')} does`
      problems.push(invalid([...path, 'credentials', index, cloud], message))
    }
  }
  if (kind === 'bedrock' && credentials.length === 0) {
    problems.push(invalid([...path, 'credentials'], 'is required: aws: default is what the machine itself may do'))
  }
  return problems
}

function egressProblems({ baseUrl, allowPrivate }: ProviderSpec, path: string[], options: CheckOptions): Problem[] {
  if (baseUrl === undefined) return []
  const problem = egressProblem(baseUrl, { strict: options.egressStrict, allowPrivate: allowPrivate === true })
  return problem === undefined ? [] : [invalid([...path, 'baseUrl'], problem)]
}

function credentialNameProblems({ credentials = [] }: ProviderSpec, path: string[]): Problem[] {
  const seen = new Set<string>()
  const problems: Problem[] = []
  for (const [index, { name }] of credentials.entries()) {
    if (name !== '' && seen.has(foldName(name))) {
      problems.push(invalid([...path, 'credentials', index, 'name'], 'another credential here has this name'))
    }
    seen.add(foldName(name))
  }
  return problems
}

function salvage({ kind, baseUrl, credentials, allowPrivate }: Record<string, unknown>): ProviderSpec {
  const spec: ProviderSpec = { kind: kind === 'demo' ? 'demo' : 'openai' }
  if (typeof baseUrl === 'string') spec.baseUrl = baseUrl
  if (Array.isArray(credentials)) spec.credentials = records(credentials).map(({ name }) => ({ name: text(name) }))
  // Whoever misspelt what allows a private address is told about the spelling alone.
  if (allowPrivate !== undefined) spec.allowPrivate = allowPrivate !== false
  return spec
}
