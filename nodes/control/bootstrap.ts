// What a new installation begins with, as events like any other: the team `default`, and where the demo is on, its
// provider and a key. The key is issued once in the life of a log (under a fixed command id): one that was revoked stays
// revoked. It is the only key whose token is kept, sealed, so that later starts can print it again.
import type { SecretBox } from '../../cluster/secrets/secret-box.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Change } from '../../shared/config/events.ts'
import { decideIssueKey } from '../../shared/config/keys/decide-keys.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import { done, type Result } from '../../shared/result.ts'
import { newKeyId, newKeyToken } from './api/key-routes.ts'
import { withProblem } from './api/refusals.ts'
import type { ConfigService } from './config-service.ts'
import type { Problem } from './http/answer.ts'
import { randomOwnerId } from './random-owner-id.ts'
import { tokenOwner } from './unneeded-secrets.ts'

export interface BootstrapOptions {
  desk: ConfigService
  clock: Clock
  demo: boolean
}

const demoName = 'demo'
const demoKeyCommand = 'bootstrap-demo-key'
export const bootstrapActor = { actor: 'headgate', reason: 'bootstrap' }

/** Writes what is missing; nothing, at all later starts. The answer says whether the log was empty before. */
export async function bootstrap(options: BootstrapOptions): Promise<Result<{ isNewLog: boolean }, Problem>> {
  const { desk, demo } = options
  const based = await desk.write({ ...bootstrapActor, decide: (state) => done(baseChanges(state, demo)) })
  if (!based.ok) return based
  const isNewLog = based.value.changed && based.value.revision === 1
  if (!demo) return done({ isNewLog })
  const key = await issueDemoKey(options)
  return key.ok ? done({ isNewLog }) : key
}

/** The token of the demo key, while there is one. */
export function demoKeyOf(state: ConfigState, secrets: SecretBox): string | undefined {
  for (const { spec } of state.keys.values()) {
    const opened = spec.sealedToken === undefined ? undefined : secrets.open(spec.sealedToken)
    if (opened?.ok) return opened.value
  }
  return undefined
}

function baseChanges(state: ConfigState, demo: boolean) {
  const changes: Change[] = []
  if (state.revision === 0) changes.push({ type: 'team-set', name: 'default', spec: {}, origin: 'bootstrap' })
  const provider = state.resources.providers.get(demoName)
  if (demo && provider === undefined) {
    changes.push({ type: 'provider-set', name: demoName, spec: { kind: 'demo' }, origin: 'bootstrap' })
  }
  // Whatever still names it is left alone, and has no target until the demo is on again.
  if (!demo && provider !== undefined) changes.push({ type: 'provider-deleted', name: demoName })
  return changes.length === 0 ? undefined : ({ type: 'change-set', changes } as const)
}

function issueDemoKey({ desk, clock }: BootstrapOptions) {
  const id = newKeyId()
  const { token, tokenHash, prefix } = newKeyToken()
  const at = new Date(clock.wallMs()).toISOString()
  const teamId = randomOwnerId('teams')
  return desk.write({
    ...bootstrapActor,
    commandId: demoKeyCommand,
    decide: (state, { seal }) => {
      const sealedToken = seal(tokenOwner(id), token)
      const command = { input: { name: demoName }, id, tokenHash, prefix, at, sealedToken, teamId }
      return withProblem(decideIssueKey(state, command))
    },
  })
}
