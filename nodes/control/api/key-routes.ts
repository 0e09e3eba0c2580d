// Virtual keys. The token leaves this file once, in the answer that made it; what is kept is its SHA-256. A hash can also be
// brought along from another gateway, so that nobody has to hand out new keys.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import { decideIssueKey, decideRevokeKey, decideRotateKey } from '../../../shared/config/keys/decide-keys.ts'
import type { KeyRecord } from '../../../shared/config/keys/key-record.ts'
import { keyRequestSchema, rotateRequestSchema } from '../../../shared/config/keys/key-schemas.ts'
import { publicKey } from '../../../shared/config/public-view.ts'
import type { ConfigState, Resource } from '../../../shared/config/state.ts'
import type { ConfigService } from '../config-service.ts'
import { type HttpAnswer, json, problem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'
import { randomOwnerId } from '../random-owner-id.ts'
import { hashToken, newToken } from '../sign-in/secret-hash.ts'
import { issuedKeyBody, keyBody, listBody, problemBody, rotatedKeyBody, writtenBody } from './answers.ts'
import { etag, parseIfMatch } from './if-match.ts'
import { pageOf } from './list-page.ts'
import { withProblem } from './refusals.ts'
import { listQuery, writeProblems } from './resource-routes.ts'
import { type Call, jsonMedia, type Route } from './route.ts'

export interface KeyOptions {
  desk: ConfigService
  clock: Clock
}

export interface NewKeyToken {
  token: string
  tokenHash: string
  prefix: string
}

const prefixCharacters = 8
const importedPrefix = 'imported'

/** 256 random bits; the prefix is for people to tell keys apart. */
export function newKeyToken(): NewKeyToken {
  const token = newToken('hg_')
  return { token, tokenHash: hashToken(token).toString('hex'), prefix: token.slice(0, prefixCharacters) }
}

export function newKeyId(): string {
  return `key_${randomBytes(12).toString('hex')}`
}

const tokenHashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the whole token in lower-case hex')
const issueSchema = keyRequestSchema.extend({ tokenHash: tokenHashSchema.exactOptional() })

export function keyRoutes(options: KeyOptions): Route[] {
  const access = 'administrator'
  return [
    {
      method: 'POST',
      path: '/api/v1/keys',
      summary: 'Issue a key; its secret is in this answer and nowhere else',
      access,
      body: { media: [jsonMedia], schema: issueSchema },
      answers: { 201: issuedKeyBody, ...writeProblems },
      handle: (call) => issue(options, call),
    },
    {
      method: 'GET',
      path: '/api/v1/keys',
      summary: 'All keys, by id, without secrets',
      access,
      query: listQuery,
      answers: { 200: listBody(keyBody), 422: problemBody, 503: problemBody },
      handle: (call) => list(options, call),
    },
    {
      method: 'GET',
      path: '/api/v1/keys/{id}',
      summary: 'One key, without its secret',
      access,
      answers: { 200: keyBody, 404: problemBody, 503: problemBody },
      handle: (call) => get(options, call),
    },
    {
      method: 'POST',
      path: '/api/v1/keys/{id}:rotate',
      summary: 'Give a key a new secret; the old one may count on for a while',
      access,
      body: { media: [jsonMedia], schema: rotateRequestSchema, optional: true },
      answers: { 200: rotatedKeyBody, 404: problemBody, ...writeProblems },
      handle: (call) => rotate(options, call),
    },
    {
      method: 'DELETE',
      path: '/api/v1/keys/{id}',
      summary: 'Revoke a key',
      access,
      answers: { 200: writtenBody, 404: problemBody, ...writeProblems },
      handle: (call) => revoke(options, call),
    },
  ]
}

async function issue({ desk, clock }: KeyOptions, { body, caller }: Call): Promise<HttpAnswer> {
  const { imported, input } = splitImport(body.value)
  const checked = imported === undefined ? undefined : tokenHashSchema.safeParse(imported)
  const made = newKeyToken()
  const hash = checked?.success
    ? { tokenHash: checked.data, prefix: importedPrefix }
    : { tokenHash: made.tokenHash, prefix: made.prefix }
  const command = { input, id: newKeyId(), at: nowIso(clock), teamId: randomOwnerId('teams'), ...hash }
  const written = await desk.write({
    ...caller,
    decide: (state) => {
      const decision = withProblem(decideIssueKey(state, command))
      if (checked === undefined || checked.success) return decision
      const item = { path: 'tokenHash', message: checked.error.issues[0]!.message }
      const others = decision.ok ? [] : (decision.error.problems ?? [])
      return { ok: false, error: problems.invalid([...others, item]) }
    },
  })
  if (!written.ok) return problem(written.error)
  const { revision } = written.value
  const { name } = input as { name: string }
  const secret = checked === undefined ? { secret: made.token } : {}
  return json(201, { id: command.id, name, ...secret, revision }, { location: `/api/v1/keys/${command.id}` })
}

function list({ desk }: KeyOptions, call: Call): HttpAnswer {
  const state = desk.state()
  if (!state.ok) return problem(state.error)
  const { entries, next } = pageOf(state.value.keys, call.query)
  const items = entries.map(([, key]) => shown(key))
  return json(200, { items, ...(next === undefined ? {} : { next }) })
}

function get({ desk }: KeyOptions, { params }: Call): HttpAnswer {
  const state = desk.state()
  if (!state.ok) return problem(state.error)
  const key = state.value.keys.get(params['id']!)
  return key === undefined ? problem(noSuchKey) : json(200, shown(key), etag(key.revision))
}

async function rotate({ desk, clock }: KeyOptions, { params, body, caller, request }: Call): Promise<HttpAnswer> {
  const made = newKeyToken()
  const keyId = params['id']!
  const { tokenHash, prefix } = made
  const expected = parseIfMatch(request.header('if-match'))
  const input = body.value === undefined ? {} : body.value
  const command = { keyId, input, tokenHash, prefix, at: nowIso(clock), ...expected }
  const written = await desk.write({ ...caller, decide: (state) => withProblem(decideRotateKey(state, command)) })
  if (!written.ok) return problem(written.error)
  const key = keyOf(desk, keyId)
  const { revision } = written.value
  const until = key?.spec.previous?.until
  return json(200, {
    id: keyId,
    name: key?.spec.name ?? '',
    secret: made.token,
    ...(until === undefined ? {} : { previous: { until } }),
    revision,
  })
}

async function revoke({ desk }: KeyOptions, { params, caller, request }: Call): Promise<HttpAnswer> {
  const command = { keyId: params['id']!, ...parseIfMatch(request.header('if-match')) }
  const decide = (state: ConfigState) => withProblem(decideRevokeKey(state, command))
  const written = await desk.write({ ...caller, decide })
  return written.ok ? json(200, { revision: written.value.revision }) : problem(written.error)
}

const noSuchKey = problems.notFound('There is no such key.')

function keyOf(desk: ConfigService, id: string): Resource<KeyRecord> | undefined {
  const state = desk.state()
  return state.ok ? state.value.keys.get(id) : undefined
}

function shown({ spec, revision }: Resource<KeyRecord>) {
  return { ...publicKey(spec), revision }
}

/** The model knows keys by what they are for, not by where their token came from. */
function splitImport(value: unknown): { imported: unknown; input: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { imported: undefined, input: value }
  const { tokenHash, ...input } = value as Record<string, unknown>
  return { imported: tokenHash, input }
}

function nowIso(clock: Clock): string {
  return new Date(clock.wallMs()).toISOString()
}
