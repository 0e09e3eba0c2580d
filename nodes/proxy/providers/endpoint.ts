// A target: one model at one provider. Its address and header lines are prepared once per configuration, so that a request costs
// no header object and no URL parsing.
import type { ModelFacts } from '../../../shared/chat/capabilities.ts'
import type { Dialect } from '../../../shared/chat/parts.ts'
import type { ProviderKind, ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import type { SealedSecret } from '../../../shared/config/sealed-secret.ts'
import type { DatedPrices } from '../../../shared/models/dated-prices.ts'
import type { UnpricedPolicy } from '../../../shared/models/unpriced-policy.ts'
import type { Quirks, UpstreamDialect } from '../dialects/dialect.ts'
import type { Envelope } from '../dialects/envelope.ts'
import { RetryBudget } from '../routing/retry-budget.ts'
import { azureHasResponses } from './azure-address.ts'
import type { Credential, CredentialHealthTable } from './credential.ts'
import type { Identities } from './credentials/identities.ts'
import { MissingEndpoints } from './missing-endpoints.ts'
import { credentialsOf, headerLine } from './open-credentials.ts'
import { dialectsOfEndpoints, type HostRow, hostRow, passThroughAt, withoutResponses } from './openai-hosts.ts'
import { type KindRow, kindRows } from './provider-kinds.ts'
import { commonDialect } from './spoken-dialects.ts'

export interface Target extends DatedPrices {
  readonly provider: string
  readonly kind: ProviderKind
  /** The model's name at the provider. */
  readonly model: string
  readonly origin: Origin
  /** Path of the base URL without a trailing slash: '/v1'. */
  readonly basePath: string
  /** Dialects whose bytes pass through. */
  readonly speaks: ReadonlySet<Dialect>
  /** The endpoints that the server turned out not to have. A change of the provider's configuration forgets them. */
  readonly missing: MissingEndpoints
  /** The retries that the provider may get. A change of its configuration begins a new one. */
  readonly retryBudget: RetryBudget
  /** The dialect that requests are translated to when they cannot pass through. */
  readonly dialect: UpstreamDialect
  readonly quirks: Quirks
  readonly address: KindRow['address']
  readonly byModel?: KindRow['byModel']
  readonly envelope?: Envelope | undefined
  readonly apiVersion: string | undefined
  /** The region of a bedrock or vertex provider. */
  readonly region?: string | undefined
  /** The models that may be called by their name alone: a list, all or none; by default those of the catalogue. */
  readonly bareNames?: boolean | readonly string[] | undefined
  readonly credentials: readonly Credential[]
  /** What is done with requests whose cost cannot be known. */
  readonly unpriced: UnpricedPolicy
  readonly facts: ModelFacts
  /** Seconds since the epoch, 0 when unknown. */
  readonly releasedAt: number
  readonly health: TargetHealth
}

export interface Origin {
  readonly key: string
  readonly protocol: 'http:' | 'https:'
  readonly hostname: string
  readonly port: number
  readonly host: string
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
  /** Which addresses may be connected to, whatever the name resolves to at that time. */
  readonly egress: 'any' | 'no-metadata' | 'public-only'
}

/** What happens at a target now. It outlives a configuration change, so that no count is lost. */
export interface TargetHealth {
  inFlight: number
  failuresInRow: number
  /** Ids of owners that it has answered with success, the first ones. Undefined: none yet. */
  answeredTo?: string[]
}

export class TargetHealthTable {
  readonly #entries = new Map<string, TargetHealth>()

  of(model: string, provider: string, target: string): TargetHealth {
    const key = JSON.stringify([model, provider, target])
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    if (this.#entries.size >= entriesMax) this.#forgetIdle()
    const health: TargetHealth = { inFlight: 0, failuresInRow: 0 }
    this.#entries.set(key, health)
    return health
  }

  /** Callers may invent names of models, whose entries then stay without a request in flight. A route that is still used keeps
   *  its reference to its entry. */
  #forgetIdle(): void {
    for (const [key, { inFlight }] of this.#entries) if (inFlight === 0) this.#entries.delete(key)
  }
}

const entriesMax = 10_000

/** The first header line of every credential. */
export const jsonTypeLine = 'content-type: application/json\r\n'

export type OpenSecret = (secret: SealedSecret) => string | undefined

/** What all targets of one provider have in common. */
export type ProviderConnection = Omit<Target, 'model' | keyof DatedPrices | 'facts' | 'releasedAt' | 'health'>

export interface ConnectOptions {
  readonly open: OpenSecret
  /** Providers without `allowPrivate` are called only at public addresses, and only over TLS. */
  readonly egressStrict: boolean
  readonly unpriced: UnpricedPolicy
  readonly identities: Identities
  readonly credentialHealth: CredentialHealthTable
}

export function connectProvider(
  provider: string,
  spec: ProviderSpec,
  options: ConnectOptions,
): ProviderConnection | undefined {
  const row = kindRows[spec.kind]
  if (row === undefined) return undefined
  const url = new URL(spec.baseUrl ?? row.url(spec))
  const host = spec.kind === 'openai' ? hostRow(url.hostname) : undefined
  const extra = Object.entries(spec.headers ?? {}).map(([name, value]) => headerLine(name.toLowerCase(), value))
  const speaks = speaksOf(spec, row, host)
  const common = `${jsonTypeLine}accept-encoding: identity\r\n${extra.join('')}`
  return {
    provider,
    kind: spec.kind,
    origin: originOf(url, spec, options),
    basePath: basePathOf(url, row),
    speaks,
    missing: new MissingEndpoints(),
    retryBudget: new RetryBudget(spec.retryBudget),
    dialect: commonDialect({ kind: spec.kind, speaks }, row.dialect),
    quirks: quirksOf(spec, row, host),
    address: row.addressIn?.(spec) ?? row.address,
    byModel: row.byModel,
    apiVersion: spec.apiVersion,
    region: spec.region,
    bareNames: spec.bareNames,
    unpriced: spec.unpriced ?? options.unpriced,
    credentials: credentialsOf({ provider, spec, row, common, ...options }),
  }
}

/** The quirks of a host. The operator's word goes before what is known of it. Of a server that is not known nobody can say whether its
 *  chat templates take a late system message; most do not. */
function quirksOf({ kind, systemFirst, reasoningBack }: ProviderSpec, row: KindRow, host: HostRow | undefined): Quirks {
  const known = host?.quirks ?? row.quirks ?? {}
  const quirks = reasoningBack === undefined ? known : { ...known, reasoningBack }
  if (kind !== 'openai' || systemFirst === false) return quirks
  if (systemFirst === true) return { ...quirks, systemFirst: 'always' }
  return host === undefined ? { ...quirks, systemFirst: 'translated' } : quirks
}

function speaksOf({ kind, apiVersion, endpoints }: ProviderSpec, { speaks }: KindRow, host: HostRow | undefined) {
  if (endpoints !== undefined) return dialectsOfEndpoints(endpoints)
  const lacks = host?.responses === false || (kind === 'azure' && !azureHasResponses(apiVersion))
  const passesThrough = passThroughAt(host, speaks)
  return lacks ? withoutResponses(passesThrough) : passesThrough
}

/** The path of a request at a target. `path` is its path in the dialect. */
export function addressOf(target: Target, path: string): string {
  const { address, basePath, model, apiVersion } = target
  return address === undefined ? basePath + path : address({ basePath, path, model, apiVersion })
}

/** The base URL's path with the prefix, unless it ends with the prefix already. */
function basePathOf(url: URL, { prefix }: KindRow): string {
  const path = url.pathname.replace(/\/+$/, '')
  return prefix === '' || path.endsWith(prefix) ? path : path + prefix
}

function originOf(url: URL, spec: ProviderSpec, { open, egressStrict }: ConnectOptions): Origin {
  const protocol = url.protocol === 'https:' ? 'https:' : 'http:'
  const port = url.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(url.port)
  const key = spec.tls?.key === undefined ? undefined : open(spec.tls.key)
  const tls = spec.tls === undefined ? undefined : definedOnly({ ca: spec.tls.ca, cert: spec.tls.cert, key })
  return {
    key: `${protocol}//${url.host}`,
    protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    host: url.host,
    egress: spec.allowPrivate === true ? 'any' : egressStrict ? 'public-only' : 'no-metadata',
    ...(tls === undefined ? {} : { tls }),
  }
}

function definedOnly<Value extends Record<string, string | undefined>>(
  value: Value,
): { [Key in keyof Value]?: string } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [Key in keyof Value]?: string
  }
}

/** The target of a model whose word on requests without a price goes before that of the provider. */
export function withPolicy(target: Target | undefined, unpriced: UnpricedPolicy | undefined): Target | undefined {
  return target === undefined || unpriced === undefined ? target : { ...target, unpriced }
}
