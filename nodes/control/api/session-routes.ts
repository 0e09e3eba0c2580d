// Signing in and out: as JSON for the console, as a plain form for browsers without it.

import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import type { Result } from '../../../shared/result.ts'
import { type HttpAnswer, json, type Problem, problem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'
import type { ControlRequest } from '../http/server.ts'
import type { ConsoleFiles } from '../pages/console-files.ts'
import { pageHeaders } from '../pages/page-headers.ts'
import { signInPage, signInScript, signInStyle } from '../pages/sign-in-page.ts'
import { localPath } from '../sign-in/return-to.ts'
import { clearSessionCookie, sessionCookieOf, setSessionCookie } from '../sign-in/session-cookie.ts'
import type { OpenedSession, Session } from '../sign-in/sessions.ts'
import type { Proof, SignIn } from '../sign-in/sign-in.ts'
import { linkBody, openedSessionBody, problemBody, sessionBody } from './answers.ts'
import { itemsOf } from './dispatch.ts'
import { type Call, formMedia, jsonMedia, type Route } from './route.ts'

export interface SessionOptions {
  clock: Clock
  signIn: SignIn
  consoleFiles: ConsoleFiles
  /** What the console shows beside the actor. */
  about: () => { dataEndpoint: string; version: string; demoKeyHint?: string }
  /** Address of the sign-in page with `token`. */
  linkFor: (token: string) => string
}

const proofSchema = z.union([
  z.strictObject({ token: z.string().min(1).max(512) }),
  z.strictObject({ adminToken: z.string().min(1).max(512) }),
])
const htmlMedia = 'text/html; charset=utf-8'

export function sessionRoutes(options: SessionOptions): Route[] {
  return [...jsonRoutes(options), ...pageRoutes(options)]
}

function jsonRoutes(options: SessionOptions): Route[] {
  const path = '/api/v1/session'
  return [
    {
      method: 'POST',
      path,
      summary: 'Open a session with a one-time token or the admin token',
      access: 'anyone',
      body: { media: [jsonMedia], schema: proofSchema },
      answers: { 200: openedSessionBody, 401: problemBody, 422: problemBody, 429: problemBody },
      handle: async ({ request, body }) => {
        const parsed = proofSchema.safeParse(body.value)
        if (!parsed.success)
          return problem(
            problems.invalid(itemsOf(parsed.error, { schema: proofSchema, input: body.value, prefix: [] })),
          )
        const opened = await open(options, request, proofOf(parsed.data))
        if (!opened.ok) return problem(opened.error)
        const { cookie, csrf, session } = opened.value
        return json(200, { ...shown(options, session), csrf }, setSessionCookie(request, cookie))
      },
    },
    {
      method: 'GET',
      path,
      summary: 'Who is signed in',
      access: 'anyone',
      answers: { 200: sessionBody, 401: problemBody },
      handle: ({ request }) => {
        const session = options.signIn.sessionOf(request)
        return session === undefined
          ? problem(problems.unauthorized('Nobody is signed in here.'))
          : json(200, shown(options, session))
      },
    },
    {
      method: 'DELETE',
      path,
      summary: 'Sign out',
      access: 'anyone',
      answers: { 204: 'none' },
      handle: ({ request }) => {
        const cookie = sessionCookieOf(request)
        if (cookie !== undefined) options.signIn.sessions.close(cookie)
        return { status: 204, headers: clearSessionCookie(request) }
      },
    },
    {
      method: 'POST',
      path: '/api/v1/sign-in-links',
      summary: 'Make a one-time sign-in link',
      access: 'administrator',
      answers: { 201: linkBody },
      handle: () => {
        const { token, expiresAtMs } = options.signIn.links.issue()
        return json(201, { url: options.linkFor(token), expiresAt: new Date(expiresAtMs).toISOString() })
      },
    },
  ]
}

function pageRoutes(options: SessionOptions): Route[] {
  const file = (path: string, summary: string, media: string, body: string): Route => ({
    method: 'GET',
    path,
    summary,
    access: 'anyone',
    answers: { 200: media },
    handle: () => ({ status: 200, headers: { 'content-type': media }, body }),
  })
  return [
    {
      method: 'GET',
      path: '/sign-in',
      summary: 'The page behind a sign-in link',
      access: 'anyone',
      query: z.object({ token: z.string().max(512).optional(), return_to: z.string().max(2_048).optional() }),
      answers: { 200: htmlMedia },
      handle: async ({ query }) => {
        if (await options.consoleFiles.isBuilt()) return options.consoleFiles.frontPage()
        const token = query['token'] as string | undefined
        const returnTo = localPath(query['return_to'] as string | undefined)
        const refusal = token === undefined ? undefined : options.signIn.linkRefusal(token)
        if (refusal !== undefined) return html(200, signInPage({ token: undefined, returnTo, refusal }))
        return html(200, signInPage({ token, returnTo }))
      },
    },
    {
      method: 'POST',
      path: '/sign-in',
      summary: 'The form of that page',
      access: 'anyone',
      body: { media: [formMedia] },
      answers: { 303: 'none', 401: htmlMedia, 429: htmlMedia },
      handle: (call) => fromForm(options, call),
    },
    file('/sign-in.js', 'Script of the sign-in page', 'text/javascript; charset=utf-8', signInScript),
    file('/sign-in.css', 'Style of the sign-in page', 'text/css; charset=utf-8', signInStyle),
  ]
}

async function fromForm(options: SessionOptions, { request, body }: Call): Promise<HttpAnswer> {
  const form = body.value as Record<string, string | undefined>
  const returnTo = localPath(form['return_to'])
  const proof: Proof =
    form['adminToken'] === undefined
      ? { type: 'link', token: form['token'] ?? '' }
      : { type: 'admin-token', token: form['adminToken'] }
  const opened = await open(options, request, proof)
  if (!opened.ok) {
    const { status, detail, headers } = opened.error
    const answer = html(status, signInPage({ token: undefined, returnTo, refusal: detail }))
    return { ...answer, headers: { ...headers, ...answer.headers } }
  }
  const { cookie, csrf } = opened.value
  // A fragment stays in the browser: the console takes the secret out of it.
  const location = `${returnTo.replace(/#.*/s, '')}#csrf=${csrf}`
  return { status: 303, headers: { ...setSessionCookie(request, cookie), 'content-type': 'text/plain', location } }
}

/** Opens a new session, and ends the one that came with the request. */
async function open(
  options: SessionOptions,
  request: ControlRequest,
  proof: Proof,
): Promise<Result<OpenedSession, Problem>> {
  const opened = await options.signIn.exchange(proof, request.clientIp)
  const before = sessionCookieOf(request)
  if (opened.ok && before !== undefined) options.signIn.sessions.close(before)
  return opened
}

function proofOf(body: z.infer<typeof proofSchema>): Proof {
  return 'token' in body ? { type: 'link', token: body.token } : { type: 'admin-token', token: body.adminToken }
}

function shown(options: SessionOptions, session: Session) {
  return { actor: session.actor, expiresAt: new Date(session.expiresAtMs).toISOString(), ...options.about() }
}

function html(status: number, body: string): HttpAnswer {
  return { status, headers: pageHeaders, body }
}
