// Everything that proves who somebody is, in one place: bearer tokens, sessions, one-time links, and the guard against
// guessing. Routes ask it; it knows no routes.
import type { Clock } from '../../../shared/clock.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Problem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'
import type { ControlRequest } from '../http/server.ts'
import type { AdminTokens } from './admin-tokens.ts'
import { AttemptGuard } from './attempt-guard.ts'
import { OneTimeLinks } from './one-time-links.ts'
import { sessionCookieOf } from './session-cookie.ts'
import { type OpenedSession, type Session, Sessions } from './sessions.ts'

export type Proof = { type: 'link'; token: string } | { type: 'admin-token'; token: string }

const freshLink = 'Run `npm run headgate -- open` on the machine of the gateway: it prints a fresh link.'
const linkRefusals = {
  used: `This link has been used: each link opens one session. ${freshLink}`,
  expired: `This link has expired: a link is valid for ten minutes. ${freshLink}`,
  unknown: `This link was not made by this run of the gateway; links end when it stops. ${freshLink}`,
} as const
const wrongToken = `This is not the admin token. Without it: ${freshLink.charAt(0).toLowerCase()}${freshLink.slice(1)}`

const formRules = { failuresMax: 10, windowMs: 900_000, delayMs: 100, delayMsMax: 2_000 }
// A script with a forgotten old token fails often: it is told so for longer before it is told to wait.
const bearerRules = { failuresMax: 100, windowMs: 60_000, delayMs: 0, delayMsMax: 0 }
const tokenLengthMax = 512

export class SignIn {
  readonly sessions: Sessions
  readonly links: OneTimeLinks
  readonly #tokens: AdminTokens
  readonly #formGuard: AttemptGuard
  readonly #bearerGuard: AttemptGuard

  constructor(clock: Clock, tokens: AdminTokens) {
    this.sessions = new Sessions(clock)
    this.links = new OneTimeLinks(clock)
    this.#tokens = tokens
    this.#formGuard = new AttemptGuard(clock, formRules)
    this.#bearerGuard = new AttemptGuard(clock, bearerRules)
  }

  async identify(request: ControlRequest): Promise<Result<{ actor: string }, Problem>> {
    const authorization = request.header('authorization')
    if (authorization !== undefined) return this.#byBearer(authorization, request.clientIp)
    const session = this.sessionOf(request)
    if (session === undefined) {
      return fail(problems.unauthorized('Send `Authorization: Bearer <admin token>`, or sign in to the console.'))
    }
    return changesState(request) && !saysSameOrigin(request) ? fail(problems.foreignOrigin()) : done(session)
  }

  /** The session of a request, which must bring its cookie and its secret. */
  sessionOf(request: ControlRequest): Session | undefined {
    const cookie = sessionCookieOf(request)
    return cookie === undefined ? undefined : this.sessions.find(cookie, request.header('x-headgate-csrf') ?? '')
  }

  /** Exchanges a proof for a session. What is right opens one at once; a failure is slow, and many are refused. */
  async exchange(proof: Proof, clientIp: string): Promise<Result<OpenedSession, Problem>> {
    const refusal = this.#refusalOf(proof)
    if (refusal !== undefined) return refuse(this.#formGuard, clientIp, refusal)
    this.#formGuard.succeeded(clientIp)
    return done(this.sessions.open('console'))
  }

  /** What the page behind a link says before anybody uses it; undefined while the link is good. */
  linkRefusal(token: string): string | undefined {
    const state = this.links.look(token)
    return state === 'good' ? undefined : linkRefusals[state]
  }

  #refusalOf({ type, token }: Proof): string | undefined {
    if (type === 'admin-token') {
      return token.length <= tokenLengthMax && this.#tokens.actorOf(token) === 'admin' ? undefined : wrongToken
    }
    const state = token.length <= tokenLengthMax ? this.links.redeem(token) : 'unknown'
    return state === 'good' ? undefined : linkRefusals[state]
  }

  async #byBearer(authorization: string, clientIp: string): Promise<Result<{ actor: string }, Problem>> {
    const token = /^Bearer +(\S{1,512})$/i.exec(authorization)?.[1]
    const actor = this.#tokens.actorOf(token ?? '')
    if (actor !== undefined) return done({ actor })
    return refuse(this.#bearerGuard, clientIp, bearerRefusal(authorization))
  }
}

/** Told by the form of what was sent alone. */
function bearerRefusal(authorization: string): string {
  if (!/^bearer\s/i.test(authorization)) return 'Send the token with its scheme: `Authorization: Bearer <admin token>`.'
  if (/^bearer\s+hg_/i.test(authorization))
    return 'This is not the admin token: it looks like a virtual key, which is for the data port. Send the admin token.'
  return 'This is not the admin token.'
}

async function refuse(guard: AttemptGuard, clientIp: string, refusal: string): Promise<Result<never, Problem>> {
  const waitMs = guard.lockedMs(clientIp) || (await guard.failed(clientIp))
  return fail(waitMs > 0 ? problems.locked(waitMs) : problems.unauthorized(refusal))
}

function changesState(request: ControlRequest): boolean {
  return request.method !== 'GET'
}

/** Every browser of today says aloud whose page sent a request. */
function saysSameOrigin(request: ControlRequest): boolean {
  return request.header('sec-fetch-site') === 'same-origin' || request.header('origin') !== undefined
}
