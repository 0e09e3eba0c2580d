// `Idempotency-Key`: a request that is sent again is answered as the first time and costs nothing, and the key of another request is
// refused. The first request claims the key in the state store, where every proxy finds it.
import { createHash } from 'node:crypto'
import type { StateStore } from '../../../../cluster/state/state-store.ts'
import { bounds } from '../../../../shared/bounds.ts'
import type { Clock } from '../../../../shared/clock.ts'
import type { Slices } from '../../../../shared/work/slices.ts'
import type { Outcome } from '../../accounting/outcome.ts'
import type { Settlement } from '../../accounting/settle.ts'
import { inSlices } from '../../large/in-slices.ts'
import { type AuthenticatedRequest, withReply } from '../../request/authenticated-request.ts'
import type { Api } from '../api.ts'
import { proceed } from '../proceed.ts'
import { AnswerShelf } from './answer-shelf.ts'
import {
  type Claim,
  encodeAnswer,
  encodeClaim,
  type KeptAnswer,
  openAnswer,
  openClaim,
  type Places,
  placesOf,
} from './kept-answer.ts'
import { RecordingReply, type SentAnswer } from './recording-reply.ts'

export interface IdempotencyOptions {
  readonly store: StateStore
  readonly clock: Clock
  readonly settlement: Settlement
  /** How long a key holds; 0: keys are not looked at. */
  readonly windowMs: number
  readonly node: string
  /** The name of this life of the process. */
  readonly boot: string
}

/** Longer keys are no keys. */
const keyCharactersMax = 255
/** The longest time that a request without an answer is taken to be under way. */
const claimMsMax = 15 * 60_000

const awayMs = 5_000

/** What is known of a key when a request comes with it. */
type Found =
  /** The request has the key. */
  | { readonly type: 'claimed' }
  | { readonly type: 'answered'; readonly answer: KeptAnswer }
  /** Another request with this key has not ended. */
  | { readonly type: 'pending' }
  /** The key belongs to a request with another body or path. */
  | { readonly type: 'conflict' }
  /** The store cannot be asked, or is full: the request is served as one without a key. */
  | { readonly type: 'unknown' }

export class Idempotency {
  readonly #options: IdempotencyOptions
  readonly #shelf: AnswerShelf
  /** What this proxy has not yet told the store about keys, by the id of the claim. */
  readonly #ending = new Map<string, Promise<unknown>>()
  /** The time until which a store that did not answer is not asked, monotonic. */
  #awayUntilMs = Number.NEGATIVE_INFINITY
  /** The bytes of answers that are being recorded. */
  #recorded = 0

  constructor(options: IdempotencyOptions) {
    this.#options = options
    this.#shelf = new AnswerShelf(options)
  }

  start(): void {
    this.#shelf.start()
  }

  /** Resolves when the store has been told what the answered requests have left. */
  async stop(): Promise<void> {
    this.#shelf.stop()
    await Promise.allSettled(this.#ending.values())
  }

  /** The same API, which answers a request that is sent again as the first time. */
  before(api: Api): Api {
    return {
      answer: (request) => {
        const key = this.#keyOf(request)
        if (key === undefined) api.answer(request)
        else this.#answer(api, request, key)
      },
    }
  }

  #keyOf({ head, operation }: AuthenticatedRequest): string | undefined {
    const key = head.header('idempotency-key')
    if (key === undefined || this.#options.windowMs === 0 || head.method !== 'POST') return undefined
    if (operation.counts !== undefined || key === '' || key.length > keyCharactersMax) return undefined
    return this.#options.clock.monotonicMs() < this.#awayUntilMs ? undefined : key
  }

  #answer(api: Api, request: AuthenticatedRequest, key: string): void {
    const { settlement } = this.#options
    const { caller } = request
    const places = placesOf({ owner: caller.owner, keyId: caller.keyId }, key)
    proceed(
      this.#find(request, places),
      (found) => {
        if (request.reply.gone) this.#leave(request, found, places)
        else if (found.type === 'claimed') api.answer(this.#recording(request, places))
        else if (found.type === 'answered') this.#replay(request, found.answer)
        else if (found.type === 'unknown') api.answer(request)
        else settlement.reject(request, { type: 'idempotency', isPending: found.type === 'pending' })
      },
      (error) => settlement.bug(request, error),
    )
  }

  #leave(request: AuthenticatedRequest, found: Found, places: Places): void {
    if (found.type === 'claimed') this.#end(places, this.#shelf.erase(places))
    this.#options.settlement.left(request)
  }

  // ── the key ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async #find(request: AuthenticatedRequest, places: Places): Promise<Found> {
    const { clock, node, boot } = this.#options
    const fingerprint = await inSlices(fingerprintOf(request), clock)
    await this.#ending.get(places.claim.id)
    const claim: Claim = { fingerprint, atMs: clock.wallMs(), node, boot }
    return (await this.#claim(places, claim)) ?? (await this.#claim(places, claim)) ?? { type: 'pending' }
  }

  /** Undefined: an earlier claim has just ended, so the key may be had now. */
  async #claim(places: Places, claim: Claim): Promise<Found | undefined> {
    const { store } = this.#options
    const put = await store.put(places.claim, encodeClaim(claim))
    if (put.ok) return { type: 'claimed' }
    if (put.error.type === 'unavailable') return this.#away()
    if (put.error.type !== 'taken') return { type: 'unknown' }
    const found = await store.get(places.claim)
    if (!found.ok) return this.#away()
    if (found.value === undefined) return undefined
    const earlier = openClaim(found.value)
    return earlier === undefined ? { type: 'unknown' } : this.#compare(places, earlier, claim)
  }

  async #compare(places: Places, earlier: Claim, claim: Claim): Promise<Found | undefined> {
    const { store, windowMs } = this.#options
    const ageMs = claim.atMs - earlier.atMs
    if (ageMs >= windowMs) return this.#giveUp(places)
    const stored = await store.get(places.answer)
    if (!stored.ok) return this.#away()
    const answer = stored.value === undefined ? undefined : openAnswer(stored.value)
    // The process that had the key has been killed.
    const isDead = earlier.node === claim.node && earlier.boot !== claim.boot
    if (answer === undefined && (isDead || ageMs >= claimMsMax)) return this.#giveUp(places)
    if (earlier.fingerprint !== claim.fingerprint) return { type: 'conflict' }
    return answer === undefined ? { type: 'pending' } : { type: 'answered', answer }
  }

  /** A store that hangs is waited for by one request in a while. */
  #away(): Found {
    this.#awayUntilMs = this.#options.clock.monotonicMs() + awayMs
    return { type: 'unknown' }
  }

  async #giveUp(places: Places): Promise<undefined> {
    await this.#shelf.erase(places)
  }

  // ── the answer ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** The request whose answer is kept when it has been sent and is known to be good, whichever comes last. */
  #recording(request: AuthenticatedRequest, places: Places): AuthenticatedRequest {
    let bytes = 0
    let sent: SentAnswer | undefined
    let outcome: Outcome | undefined
    const conclude = () => {
      if (outcome !== undefined && sent !== undefined) this.#end(places, this.#conclude(places, sent, outcome))
    }
    const onEnd = (whole: SentAnswer | undefined) => {
      this.#recorded -= bytes
      sent = whole
      if (whole === undefined) this.#end(places, this.#shelf.erase(places))
      else conclude()
    }
    const take = (more: number) => {
      if (bytes + more > answerBytesMax || this.#recorded + more > bounds.idempotentRecordingBytesMax) return false
      bytes += more
      this.#recorded += more
      return true
    }
    const reply = new RecordingReply(request.reply, { take, onEnd })
    const settle = (settled: Outcome) => {
      outcome = settled
      conclude()
      // A request that failed may end without any answer.
      if (settled.status !== 'ok') reply.drop()
    }
    const recorded = withReply(request, reply)
    this.#options.settlement.enter(recorded, [{ settle }])
    return recorded
  }

  async #conclude(places: Places, sent: SentAnswer, { status, model }: Outcome): Promise<void> {
    const isGood = status === 'ok' && sent.status === 200
    const isKept = isGood && (await this.#shelf.keep(places, encodeAnswer(sent, model)))
    if (!isKept) await this.#shelf.erase(places)
  }

  #end({ claim }: Places, ending: Promise<unknown>): void {
    const told = ending.finally(() => {
      if (this.#ending.get(claim.id) === told) this.#ending.delete(claim.id)
    })
    this.#ending.set(claim.id, told)
  }

  #replay(request: AuthenticatedRequest, { contentType, headers, model, body }: KeptAnswer): void {
    const replayed = [...headers, 'x-headgate-idempotent-replay', 'true', 'x-headgate-cost-usd', '0']
    this.#options.settlement.answer(request, { body, contentType, headers: replayed }, { model })
  }
}

/** What fits into one entry of the store, with its headers. */
const answerBytesMax = bounds.stateEntryBytesMax - (64 << 10)

/** The bytes that are hashed in one slice. */
const hashedBytes = 1 << 20

function* fingerprintOf({ head, body }: AuthenticatedRequest): Slices<string> {
  const hash = createHash('sha256').update(JSON.stringify([head.method, head.path, head.query]))
  const { bytes } = body
  for (let from = 0; from < bytes.length; from += hashedBytes) {
    hash.update(bytes.subarray(from, from + hashedBytes))
    yield
  }
  return hash.digest('base64url')
}
