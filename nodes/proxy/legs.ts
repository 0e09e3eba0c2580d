// The legs of one request: for each target the one that suits it.
import type { BodyScan } from '../../shared/json/scan.ts'
import { type Edit, editModel, spliceBody } from '../../shared/json/splice.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { bodyOf, CallerRequest, targetOf } from './caller-request.ts'
import { EmbeddingLeg } from './embedding-leg.ts'
import type { Leg, Unable } from './leg.ts'
import { addressOf, type Endpoint } from './providers/endpoint.ts'
import type { Route } from './providers/routes.ts'
import { RelayLeg } from './relay-leg.ts'
import type { Continuation } from './response-continuation.ts'
import { isPinned, stateEdits } from './response-edits.ts'
import type { FileReference } from './stored/file-references.ts'
import { TranslatedLeg } from './translated-leg.ts'

export interface LegOptions {
  readonly route: Route
  readonly scan: BodyScan
  /** Changes to the body that do not depend on the target. */
  readonly edits: readonly Edit[]
  readonly requestId: string
  readonly nowSeconds: number
  readonly showUsage: boolean
  /** The caller wants no knob dropped. */
  readonly strict: boolean
  /** Header lines of the caller that go on to an upstream of the same dialect. */
  readonly relayedLines: string
  /** Those that go on to any. */
  readonly forwardedLines: string
  /** Of the caller's URL, with its question mark, for an upstream of the same dialect. */
  readonly relayedQuery: string
  /** The header in which the caller asks for features of Anthropic's API. */
  readonly betas: string | undefined
  /** Of a request that reads or leaves state. */
  readonly state: Continuation | undefined
  /** Files at a provider that the body names; undefined where nobody looked for them. */
  readonly files: readonly FileReference[] | undefined
}

/** How each target of a request is spoken to. */
export interface TargetLegs {
  /** `strict`: the model's route wants no knob dropped. */
  to(endpoint: Endpoint, strict: boolean): Result<Leg, Unable>
  /** Whether a target could take the request. */
  could(endpoint: Endpoint, strict: boolean, unable: Unable): boolean
}

export class Legs implements TargetLegs {
  readonly #options: LegOptions
  #request: CallerRequest | undefined

  constructor(options: LegOptions) {
    this.#options = options
  }

  to(endpoint: Endpoint, strict: boolean): Result<Leg, Unable> {
    const { route, state } = this.#options
    if (state?.pin !== undefined && !isPinned(endpoint, state.pin))
      return fail({ type: 'elsewhere', provider: state.pin.provider })
    if (relays(endpoint, route)) {
      return this.#options.files === undefined ? done(this.#relay(endpoint)) : this.#relayWithFiles(endpoint)
    }
    if (route.embeddings !== undefined) return this.#embed(endpoint, strict || this.#options.strict)
    if (route.inbound === undefined || route.counts !== undefined) return fail({ type: 'unspoken', route: route.name })
    return this.#translate(endpoint, strict || this.#options.strict)
  }

  /** Tokens of the input, where somebody asks how many there are and nobody can count them; undefined where a target can. */
  estimate(endpoints: readonly Endpoint[]): Result<number, Unable> | undefined {
    const { route } = this.#options
    if (endpoints.some((endpoint) => relays(endpoint, route))) return undefined
    const understood = this.#caller().understood()
    return understood.ok ? done(understood.value.estimatedInput) : understood
  }

  could(endpoint: Endpoint, strict: boolean, unable: Unable): boolean {
    const { route, state } = this.#options
    if (state?.pin !== undefined && !isPinned(endpoint, state.pin)) return false
    if (relays(endpoint, route)) {
      return unable.type !== 'missing-capability' || endpoint.facts.lacks?.has(unable.capability) !== true
    }
    if (route.embeddings !== undefined) return endpoint.dialect.embeddings !== undefined
    if (route.inbound === undefined || route.counts !== undefined) return false
    return this.#caller().could(endpoint, strict || this.#options.strict)
  }

  /** Only the provider that has them can take the request, and gets its own names for them. */
  #relayWithFiles(endpoint: Endpoint): Result<Leg, Unable> {
    const files = this.#options.files ?? []
    const { provider, credential } = files[0]?.ref ?? { provider: endpoint.provider }
    const together = files.every(({ ref }) => ref.provider === provider && ref.credential === credential)
    if (!together || provider !== endpoint.provider) {
      const message = 'names a file that lies at another account than that of the model'
      return fail({ type: 'unreadable', path: 'file_id', message })
    }
    const named = files.map(({ start, end, ref }) => ({ start, end, replacement: JSON.stringify(ref.id) }))
    return done(this.#relay(endpoint, named, credential))
  }

  #relay(endpoint: Endpoint, named: readonly Edit[] = noEdits, credential?: string): Leg {
    const { route, scan, forwardedLines, relayedLines, relayedQuery, state } = this.#options
    const own = state === undefined ? this.#options.edits : [...this.#options.edits, ...stateEdits(scan, state)]
    const edits = named.length === 0 ? own : [...own, ...named.filter((edit) => isApart(edit, own))]
    const inPath = typeof route.upstreamPath !== 'string'
    const { pieces } = spliceBody(scan, inPath ? edits : [...edits, editModel(scan, endpoint.model)])
    const path = addressOf(endpoint, pathOf(route, endpoint)) + relayedQuery
    const measure = route.measures?.ofRequest?.(scan)
    const body = this.#renamed(endpoint) ?? pieces
    return new RelayLeg(route, { path, headerLines: forwardedLines + relayedLines, body, measure, credential })
  }

  /** The body with another model in it, where its dialect names the model deep within; undefined where nothing changes. */
  #renamed({ model }: Endpoint): Buffer[] | undefined {
    const { route, scan } = this.#options
    if (route.namesModelWithin === undefined) return undefined
    const body = bodyOf(scan)
    const renamed = route.namesModelWithin(body, model)
    return renamed === body ? undefined : [Buffer.from(JSON.stringify(renamed))]
  }

  #translate(endpoint: Endpoint, strict: boolean): Result<Leg, Unable> {
    const { route, requestId, nowSeconds, showUsage, forwardedLines, state } = this.#options
    const caller = this.#caller()
    const printed = caller.print(endpoint, strict)
    if (!printed.ok) return printed
    const understood = caller.understood()
    if (!understood.ok) return understood
    const { request, estimatedInput } = understood.value
    const translation = {
      inbound: route.inbound!,
      upstream: endpoint.dialect,
      printed: printed.value,
      facts: { requestId, nowSeconds, estimatedInput, showUsage, request, stored: state?.keeper },
      errors: route.errors,
    }
    const path = addressOf(endpoint, printed.value.path)
    return done(new TranslatedLeg(translation, path, forwardedLines, caller.droppedBy(printed.value)))
  }

  #embed(endpoint: Endpoint, strict: boolean): Result<Leg, Unable> {
    const { route, scan, forwardedLines } = this.#options
    const { dialect } = endpoint
    const upstream = dialect.embeddings
    if (upstream === undefined) return fail({ type: 'unspoken', route: route.name })
    const inbound = route.embeddings!
    const request = inbound.parseRequest(bodyOf(scan))
    if (!request.ok) return fail({ type: 'unreadable', ...request.error })
    const printed = upstream.printRequest(request.value, targetOf(endpoint))
    if (!printed.ok) return fail({ type: 'missing-capability', ...printed.error })
    const dropped = printed.value.dropped.map((one) => ('member' in one ? one.member : one.knob))
    if (strict && dropped.length > 0) return fail({ type: 'unsupported-params', params: dropped })
    const translation = { inbound, upstream, dialect, request: request.value, printed: printed.value, dropped }
    return done(new EmbeddingLeg(translation, route.errors, addressOf(endpoint, printed.value.path), forwardedLines))
  }

  #caller(): CallerRequest {
    const { scan, route, state, betas } = this.#options
    this.#request ??= new CallerRequest(scan, route.inbound!, { state, betas })
    return this.#request
  }
}

const noEdits: readonly Edit[] = []

/** What another edit takes away needs no name. */
function isApart({ start, end }: Edit, others: readonly Edit[]): boolean {
  return !others.some((other) => start < other.end && other.start < end)
}

export function pathOf({ upstreamPath }: Route, { model }: Endpoint): string {
  return typeof upstreamPath === 'string' ? upstreamPath : upstreamPath(encodeURIComponent(model))
}

/** Whether the endpoint is given the caller's own bytes. */
export function relays({ speaks, quirks }: Endpoint, { dialect, upstreamPath, embeddings }: Route): boolean {
  if (quirks.ownEmbeddings === true && embeddings !== undefined) return false
  return speaks.has(dialect) && upstreamPath !== '' && !(quirks.repairs === true && dialect === 'openai-chat')
}
