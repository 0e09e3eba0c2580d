// Commands about virtual keys. Ids, token hashes and times come with the command, so that a decision can be made again.

import { done, fail } from '../../result.ts'
import { parseDurationMs } from '../../units.ts'
import { type Decision, type ExpectedRevision, preconditionRefusal } from '../decide.ts'
import type { Change } from '../events.ts'
import type { Priority } from '../kinds/owners/spec.ts'
import { parseWith } from '../parse-spec.ts'
import { invalid, type Problem } from '../problem.ts'
import { refusalOf } from '../refusal.ts'
import type { SealedSecret } from '../sealed-secret.ts'
import { checkChanges } from '../semantics.ts'
import type { ConfigState } from '../state.ts'
import type { KeyOwner, KeyRecord } from './key-record.ts'
import { keyRequestSchema, rotateRequestSchema } from './key-schemas.ts'

const defaultTeam = 'default'

export interface IssueKey {
  /** Body of the request: name, owner, models, expiresAt, metadata. */
  input: unknown
  /** `key_` and random characters. */
  id: string
  tokenHash: string
  prefix: string
  /** ISO 8601. */
  at: string
  /** The token of the demo key; other keys have none. */
  sealedToken?: SealedSecret
  /** The id of the team `default`, where this key makes it. */
  teamId: string
}

/** A key without an owner belongs to the team `default`, which is made with the first such key. */
export function decideIssueKey(state: ConfigState, command: IssueKey): Decision {
  const { input, id, tokenHash, prefix, at, sealedToken, teamId } = command
  const parsed = parseWith(keyRequestSchema, input, [])
  const request = parsed.ok ? parsed.value : salvageRequest(input)
  const owner = (request.owner ?? { team: defaultTeam }) as KeyOwner
  const problems: Problem[] = parsed.ok ? [] : parsed.error
  if (request.expiresAt !== undefined && Date.parse(request.expiresAt) <= Date.parse(at)) {
    problems.push(invalid(['expiresAt'], 'this time has passed'))
  }
  const key: KeyRecord = {
    id,
    name: request.name,
    owner,
    tokenHash,
    prefix,
    ...(request.models === undefined ? {} : { models: request.models }),
    ...(request.expiresAt === undefined ? {} : { expiresAt: request.expiresAt }),
    ...(request.metadata === undefined ? {} : { metadata: request.metadata }),
    ...(request.weight === undefined ? {} : { weight: request.weight }),
    ...(request.priority === undefined ? {} : { priority: request.priority }),
    createdAt: at,
    ...(sealedToken === undefined ? {} : { sealedToken }),
  }
  const issued: Change = { type: 'key-issued', key }
  const changes = needsDefaultTeam(state, owner) ? [defaultTeamSet(teamId), issued] : [issued]
  // Whether the references hold has nothing to do with where providers live.
  problems.push(...checkChanges(state, changes, { egressStrict: false }))
  if (problems.length > 0) return fail(refusalOf(problems))
  if (state.keys.has(id)) return fail({ type: 'conflict', message: 'there is a key with this id' })
  if (state.tokens.has(tokenHash)) return fail({ type: 'conflict', message: 'there is a key with this token' })
  return done(changes.length === 1 ? issued : { type: 'change-set', changes })
}

export interface RotateKey {
  keyId: string
  /** Body of the request: `{ overlap? }`. */
  input: unknown
  tokenHash: string
  prefix: string
  /** The time of the rotation in ISO 8601; the overlap begins here. */
  at: string
  expectedRevision?: ExpectedRevision
}

export function decideRotateKey(state: ConfigState, command: RotateKey): Decision {
  const { keyId, input, tokenHash, prefix, at, expectedRevision } = command
  const current = state.keys.get(keyId)
  const refusal = preconditionRefusal(current, expectedRevision)
  if (refusal !== undefined) return fail(refusal)
  if (current === undefined) return fail({ type: 'not-found', what: 'this key' })
  const parsed = parseWith(rotateRequestSchema, input, [])
  if (!parsed.ok) return fail(refusalOf(parsed.error))
  if (state.tokens.has(tokenHash)) return fail({ type: 'conflict', message: 'there is a key with this token' })
  const overlapMs = parseDurationMs(parsed.value.overlap ?? '0s') ?? 0
  const overlapUntil = new Date(Date.parse(at) + overlapMs).toISOString()
  return done({ type: 'key-rotated', keyId, tokenHash, prefix, overlapUntil })
}

export interface RevokeKey {
  keyId: string
  expectedRevision?: ExpectedRevision
}

export function decideRevokeKey(state: ConfigState, { keyId, expectedRevision }: RevokeKey): Decision {
  const current = state.keys.get(keyId)
  const refusal = preconditionRefusal(current, expectedRevision)
  if (refusal !== undefined) return fail(refusal)
  if (current === undefined) return fail({ type: 'not-found', what: 'this key' })
  return done({ type: 'key-revoked', keyId })
}

function defaultTeamSet(id: string): Change {
  return { type: 'team-set', name: defaultTeam, spec: {}, origin: 'bootstrap', id }
}

function needsDefaultTeam(state: ConfigState, owner: KeyOwner): boolean {
  return 'team' in owner && owner.team === defaultTeam && !state.resources.teams.has(defaultTeam)
}

/** The part of a refused request that can still be read, for the checks of meaning. */
function salvageRequest(input: unknown): {
  name: string
  owner?: Record<string, string>
  models?: string[]
  expiresAt?: string
  metadata?: Record<string, string>
  weight?: number
  priority?: Priority
} {
  const { owner, models } = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>
  const named = Object.entries(owner ?? {}).filter(
    ([to, name]) => /^(team|user|app)$/.test(to) && typeof name === 'string',
  )
  return {
    name: '',
    ...(named[0] === undefined ? {} : { owner: { [named[0][0]]: named[0][1] } }),
    ...(Array.isArray(models) ? { models: models.map((name) => (typeof name === 'string' ? name : '')) } : {}),
  }
}
