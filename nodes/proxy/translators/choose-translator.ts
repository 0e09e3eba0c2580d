// The translators of one request: for each target the one that suits it.
import type { BodyScan } from '../../../shared/json/scan.ts'
import { type Edit, editModel, spliceBody } from '../../../shared/json/splice.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { isPinned, stateEdits } from '../conversations/body-edits.ts'
import type { Continuation } from '../conversations/continuation.ts'
import type { Operation } from '../operations/operations.ts'
import type { FileReference } from '../provider-objects/file-references.ts'
import { addressOf, type Target } from '../providers/endpoint.ts'
import { ChatTranslator } from './chat-translator.ts'
import { EmbeddingsTranslator } from './embeddings-translator.ts'
import { bodyOf, ParsedRequest, traitsOf } from './parsed-request.ts'
import { PassThrough } from './pass-through.ts'
import type { Ineligible, Translator } from './translator.ts'

export interface TranslatorOptions {
  readonly route: Operation
  readonly scan: BodyScan
  /** Changes to the body that do not depend on the target. */
  readonly edits: readonly Edit[]
  readonly requestId: string
  readonly nowSeconds: number
  readonly showUsage: boolean
  /** The caller wants no parameter dropped. */
  readonly strict: boolean
  /** Header lines of the caller that go on to an upstream of the same dialect. */
  readonly passThroughLines: string
  /** Those that go on to any. */
  readonly forwardedLines: string
  /** Of the caller's URL, with its question mark, for an upstream of the same dialect. */
  readonly passThroughQuery: string
  /** The header in which the caller asks for features of Anthropic's API. */
  readonly betas: string | undefined
  /** Of a request that reads or leaves state. */
  readonly state: Continuation | undefined
  /** Files at a provider that the body names; undefined where nobody looked for them. */
  readonly files: readonly FileReference[] | undefined
}

/** How each target of a request is spoken to. */
export interface Translators {
  /** `strict`: the model's route wants no parameter dropped. */
  to(target: Target, strict: boolean): Result<Translator, Ineligible>
  /** Whether a target could take the request. */
  could(target: Target, strict: boolean, ineligible: Ineligible): boolean
}

export class JsonTranslators implements Translators {
  readonly #options: TranslatorOptions
  #request: ParsedRequest | undefined

  constructor(options: TranslatorOptions) {
    this.#options = options
  }

  to(target: Target, strict: boolean): Result<Translator, Ineligible> {
    const { route, state } = this.#options
    if (state?.pin !== undefined && !isPinned(target, state.pin))
      return fail({ type: 'elsewhere', provider: state.pin.provider })
    if (passesThrough(target, route)) {
      return this.#options.files === undefined ? done(this.#relay(target)) : this.#relayWithFiles(target)
    }
    if (route.embeddings !== undefined) return this.#embed(target, strict || this.#options.strict)
    if (route.inbound === undefined || route.counts !== undefined) return fail({ type: 'unspoken', route: route.name })
    return this.#translate(target, strict || this.#options.strict)
  }

  /** Tokens of the input, where somebody asks how many there are and nobody can count them; undefined where a target can. */
  estimate(targets: readonly Target[]): Result<number, Ineligible> | undefined {
    const { route } = this.#options
    if (targets.some((target) => passesThrough(target, route))) return undefined
    const parsed = this.#caller().parsed()
    return parsed.ok ? done(parsed.value.estimatedInput) : parsed
  }

  could(target: Target, strict: boolean, ineligible: Ineligible): boolean {
    const { route, state } = this.#options
    if (state?.pin !== undefined && !isPinned(target, state.pin)) return false
    if (passesThrough(target, route)) {
      return ineligible.type !== 'missing-capability' || target.facts.lacks?.has(ineligible.capability) !== true
    }
    if (route.embeddings !== undefined) return target.dialect.embeddings !== undefined
    if (route.inbound === undefined || route.counts !== undefined) return false
    return this.#caller().could(target, strict || this.#options.strict)
  }

  /** Only the provider that has them can take the request, and gets its own names for them. */
  #relayWithFiles(target: Target): Result<Translator, Ineligible> {
    const files = this.#options.files ?? []
    const { provider, credential } = files[0]?.ref ?? { provider: target.provider }
    const together = files.every(({ ref }) => ref.provider === provider && ref.credential === credential)
    if (!together || provider !== target.provider) {
      const message = 'names a file that lies at another account than that of the model'
      return fail({ type: 'unreadable', path: 'file_id', message })
    }
    const named = files.map(({ start, end, ref }) => ({ start, end, replacement: JSON.stringify(ref.id) }))
    return done(this.#relay(target, named, credential))
  }

  #relay(target: Target, named: readonly Edit[] = noEdits, credential?: string): Translator {
    const { route, scan, forwardedLines, passThroughLines, passThroughQuery, state } = this.#options
    const own = state === undefined ? this.#options.edits : [...this.#options.edits, ...stateEdits(scan, state)]
    const edits = named.length === 0 ? own : [...own, ...named.filter((edit) => isApart(edit, own))]
    const inPath = typeof route.upstreamPath !== 'string'
    const { pieces } = spliceBody(scan, inPath ? edits : [...edits, editModel(scan, target.model)])
    const path = addressOf(target, pathOf(route, target)) + passThroughQuery
    const measure = route.units?.ofRequest?.(scan)
    const body = this.#renamed(target) ?? pieces
    return new PassThrough(route, { path, headerLines: forwardedLines + passThroughLines, body, measure, credential })
  }

  /** The body with another model in it, where its dialect names the model deep within; undefined where nothing changes. */
  #renamed({ model }: Target): Buffer[] | undefined {
    const { route, scan } = this.#options
    if (route.namesModelWithin === undefined) return undefined
    const body = bodyOf(scan)
    const renamed = route.namesModelWithin(body, model)
    return renamed === body ? undefined : [Buffer.from(JSON.stringify(renamed))]
  }

  #translate(target: Target, strict: boolean): Result<Translator, Ineligible> {
    const { route, requestId, nowSeconds, showUsage, forwardedLines, state } = this.#options
    const caller = this.#caller()
    const printed = caller.print(target, strict)
    if (!printed.ok) return printed
    const parsed = caller.parsed()
    if (!parsed.ok) return parsed
    const { request, estimatedInput } = parsed.value
    const translation = {
      inbound: route.inbound!,
      upstream: target.dialect,
      printed: printed.value,
      facts: { requestId, nowSeconds, estimatedInput, showUsage, request, stored: state?.keeper },
      errors: route.errors,
    }
    const path = addressOf(target, printed.value.path)
    return done(new ChatTranslator(translation, path, forwardedLines, caller.droppedBy(printed.value)))
  }

  #embed(target: Target, strict: boolean): Result<Translator, Ineligible> {
    const { route, scan, forwardedLines } = this.#options
    const { dialect } = target
    const upstream = dialect.embeddings
    if (upstream === undefined) return fail({ type: 'unspoken', route: route.name })
    const inbound = route.embeddings!
    const request = inbound.parseRequest(bodyOf(scan))
    if (!request.ok) return fail({ type: 'unreadable', ...request.error })
    const printed = upstream.printRequest(request.value, traitsOf(target))
    if (!printed.ok) return fail({ type: 'missing-capability', ...printed.error })
    const dropped = printed.value.dropped.map((one) => ('member' in one ? one.member : one.parameter))
    if (strict && dropped.length > 0) return fail({ type: 'unsupported-params', params: dropped })
    const translation = { inbound, upstream, dialect, request: request.value, printed: printed.value, dropped }
    return done(
      new EmbeddingsTranslator(translation, route.errors, addressOf(target, printed.value.path), forwardedLines),
    )
  }

  #caller(): ParsedRequest {
    const { scan, route, state, betas } = this.#options
    this.#request ??= new ParsedRequest(scan, route.inbound!, { state, betas })
    return this.#request
  }
}

const noEdits: readonly Edit[] = []

/** What another edit takes away needs no name. */
function isApart({ start, end }: Edit, others: readonly Edit[]): boolean {
  return !others.some((other) => start < other.end && other.start < end)
}

export function pathOf({ upstreamPath }: Operation, { model }: Target): string {
  return typeof upstreamPath === 'string' ? upstreamPath : upstreamPath(encodeURIComponent(model))
}

/** Whether the target is given the caller's own bytes. */
export function passesThrough({ speaks, quirks }: Target, { dialect, upstreamPath, embeddings }: Operation): boolean {
  if (quirks.ownEmbeddings === true && embeddings !== undefined) return false
  return speaks.has(dialect) && upstreamPath !== '' && !(quirks.repairs === true && dialect === 'openai-chat')
}
