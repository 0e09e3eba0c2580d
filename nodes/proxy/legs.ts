// The legs of one request: for each target the one that suits it.
import type { BodyScan } from '../../shared/json/scan.ts'
import { type Edit, editModel, spliceBody } from '../../shared/json/splice.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { CallerRequest } from './caller-request.ts'
import type { Leg, Unable } from './leg.ts'
import type { Endpoint } from './providers/endpoint.ts'
import type { Route } from './providers/routes.ts'
import { RelayLeg } from './relay-leg.ts'
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
}

export class Legs {
  readonly #options: LegOptions
  #request: CallerRequest | undefined

  constructor(options: LegOptions) {
    this.#options = options
  }

  /** `strict`: the model's route wants no knob dropped. */
  to(endpoint: Endpoint, strict: boolean): Result<Leg, Unable> {
    const { route } = this.#options
    if (relays(endpoint, route)) return done(this.#relay(endpoint))
    if (route.inbound === undefined || route.counts === true) return fail({ type: 'unspoken', route: route.name })
    return this.#translate(endpoint, strict || this.#options.strict)
  }

  /** Tokens of the input, where somebody asks how many there are and nobody can count them; undefined where a target can. */
  estimate(endpoints: readonly Endpoint[]): Result<number, Unable> | undefined {
    const { route } = this.#options
    if (endpoints.some((endpoint) => relays(endpoint, route))) return undefined
    const understood = this.#caller().understood()
    return understood.ok ? done(understood.value.estimatedInput) : understood
  }

  /** Whether a target could take the request. */
  could(endpoint: Endpoint, strict: boolean, unable: Unable): boolean {
    const { route } = this.#options
    if (relays(endpoint, route)) {
      return unable.type !== 'missing-capability' || endpoint.facts.lacks?.has(unable.capability) !== true
    }
    if (route.inbound === undefined || route.counts === true) return false
    return this.#caller().could(endpoint, strict || this.#options.strict)
  }

  #relay(endpoint: Endpoint): Leg {
    const { route, scan, edits, forwardedLines, relayedLines, relayedQuery } = this.#options
    const { pieces } = spliceBody(scan, [...edits, editModel(scan, endpoint.model)])
    const path = endpoint.basePath + route.upstreamPath + relayedQuery
    return new RelayLeg(route, path, forwardedLines + relayedLines, pieces)
  }

  #translate(endpoint: Endpoint, strict: boolean): Result<Leg, Unable> {
    const { route, requestId, nowSeconds, showUsage, forwardedLines } = this.#options
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
      facts: { requestId, nowSeconds, estimatedInput, showUsage, request },
      errors: route.errors,
    }
    const path = endpoint.basePath + printed.value.path
    return done(new TranslatedLeg(translation, path, forwardedLines, caller.droppedBy(printed.value)))
  }

  #caller(): CallerRequest {
    this.#request ??= new CallerRequest(this.#options.scan, this.#options.route.inbound!)
    return this.#request
  }
}

/** Whether the endpoint is given the caller's own bytes. */
function relays({ speaks, quirks }: Endpoint, { dialect }: Route): boolean {
  return speaks.has(dialect) && !(quirks.repairs === true && dialect === 'openai-chat')
}
