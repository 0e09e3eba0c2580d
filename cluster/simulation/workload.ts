// The commands of administrators in a world: real commands, decided by the real functions, over few enough names that
// they refer to one another, collide and are refused.
import { createHash } from 'node:crypto'
import { documentOf } from '../../shared/config/config-document.ts'
import {
  type DecideTools,
  type Decision,
  decideApply,
  decideDelete,
  decidePut,
  type PutResource,
} from '../../shared/config/decide.ts'
import { decideIssueKey, decideRevokeKey, decideRotateKey } from '../../shared/config/keys/decide-keys.ts'
import { newOwnerId } from '../../shared/config/kinds/owners/owner-id.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { Dice } from './engine/dice.ts'

export interface Command {
  /** The id; it stands in the event as its reason. */
  id: string
  atMs: number
  /** The index of the control node. */
  at: number
  /** The id for repeated requests. Undefined: the writer makes an id, and the command cannot be repeated. */
  commandId: string | undefined
  what: string
  decide: (state: ConfigState) => Decision
  revokes?: string
}

/** A text that is part of every secret: wherever it appears in the clear, a secret leaked. */
export const canary = 'sk-canary-7f3a9c'

export function drawCommands(dice: Dice, { count, untilMs, controls }: DrawOptions): Command[] {
  const keys: string[] = []
  // The times of rushes, in which many commands come together.
  const rushesMs = Array.from({ length: dice.between(1, 3) }, () => dice.between(3_000, untilMs))
  const commands: Command[] = []
  for (let index = 0; index < count; index++) {
    const id = `op-${index}`
    const atMs = dice.happens(0.4) ? dice.pick(rushesMs) + dice.between(0, 20) : dice.between(3_000, untilMs)
    const place = { id, atMs, at: dice.between(0, controls - 1) }
    const commandId = dice.happens(0.6) ? `command-${index}` : undefined
    commands.push({ ...place, commandId, ...drawAct(dice, { id, keys }) })
  }
  return commands.sort((a, b) => a.atMs - b.atMs)
}

interface DrawOptions {
  count: number
  untilMs: number
  controls: number
}

type Act = Pick<Command, 'what' | 'decide' | 'revokes'>

function drawAct(dice: Dice, { id, keys }: { id: string; keys: string[] }): Act {
  const kind = dice.pick([
    'owner',
    'owner',
    'model',
    'provider',
    'delete',
    'issue',
    'issue',
    'rotate',
    'revoke',
    'apply',
  ] as const)
  switch (kind) {
    case 'owner':
      return put({ kind: dice.pick(['teams', 'users', 'apps']), name: name(dice), input: owner(dice) })
    case 'model':
      return put({ kind: 'models', name: name(dice), input: model(dice) })
    case 'provider':
      return put({ kind: 'providers', name: name(dice), input: provider(id) })
    case 'delete':
      return remove(dice)
    case 'issue':
      keys.push(`key_${id}`)
      return issueKey(`key_${id}`, dice.happens(0.5) ? {} : { owner: { team: name(dice) } })
    case 'rotate':
      return keys.length === 0 ? issueKey(`key_${id}`, {}) : rotate(dice.pick(keys), id)
    case 'revoke':
      return keys.length === 0 ? issueKey(`key_${id}`, {}) : revokeKey(dice.pick(keys))
    case 'apply':
      return apply(dice, id)
  }
}

export function setTeam(teamName: string): Act {
  return put({ kind: 'teams', name: teamName, input: {} })
}

export function issueKey(keyId: string, input: object): Act {
  const teamId = newOwnerId('teams', sha256(`team of ${keyId}`).slice(0, 24))
  const named = { id: keyId, input: { name: keyId, ...input }, teamId }
  const command = { ...named, tokenHash: sha256(keyId), prefix: keyId.slice(0, 4) }
  return { what: `issue ${keyId}`, decide: (state) => decideIssueKey(state, { ...command, at: noonIso }) }
}

export function revokeKey(keyId: string): Act {
  return { what: `revoke ${keyId}`, decide: (state) => decideRevokeKey(state, { keyId }), revokes: keyId }
}

function put(resource: Omit<PutResource, 'origin'>): Act {
  const { kind, name: of } = resource
  return {
    what: `put ${kind}/${of}`,
    decide: (state) => decidePut(state, { ...resource, origin: 'api' }, toolsFor(state)),
  }
}

function remove(dice: Dice): Act {
  const target = { kind: dice.pick(['teams', 'users', 'models', 'providers'] as const), name: name(dice) }
  return {
    what: `delete ${target.kind}/${target.name}`,
    decide: (state) => decideDelete(state, target, toolsFor(state)),
  }
}

function rotate(keyId: string, id: string): Act {
  const command = { keyId, input: {}, tokenHash: sha256(`${keyId} ${id}`), prefix: 'rot', at: noonIso }
  return { what: `rotate ${keyId}`, decide: (state) => decideRotateKey(state, command) }
}

function apply(dice: Dice, id: string): Act {
  const names = dice.some(names4, 0.5)
  const document = documentOf({
    providers: { shared: provider(id) },
    teams: Object.fromEntries(names.map((one) => [one, owner(dice)])),
    models: Object.fromEntries(names.map((one) => [one, { targets: [{ provider: 'shared', model: one }] }])),
  })
  return { what: `apply ${names.join(' ')}`, decide: (state) => decideApply(state, document, toolsFor(state)) }
}

function owner(dice: Dice): object {
  return { costCenter: `cc-${dice.between(1, 3)}` }
}

function model(dice: Dice): object {
  return { targets: [{ provider: name(dice), model: `m-${dice.between(1, 3)}` }] }
}

function provider(id: string): object {
  return { kind: 'openai', credentials: [{ name: 'main', apiKey: `${canary}-${id}` }] }
}

const names4 = ['a', 'b', 'c', 'd'] as const

function name(dice: Dice): string {
  return dice.pick(names4)
}

const noonIso = '2026-01-01T12:00:00.000Z'

/** A decision that is made again on the same state makes the same ids. */
function toolsFor({ revision }: ConfigState): DecideTools {
  let made = 0
  return { ...sealing, newOwnerId: (kind) => newOwnerId(kind, sha256(`${revision} ${++made}`).slice(0, 24)) }
}

/** A deterministic replacement of sealing that does not reveal the secret. */
const sealing: Omit<DecideTools, 'newOwnerId'> = {
  egressStrict: false,
  seal: (of, plain) => ({ $sealed: `v1.${of}.${sha256(plain)}`, hint: '' }),
  sameSecret: (plain, sealed, of) => sealed.$sealed === `v1.${of}.${sha256(plain)}`,
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
