// For tests: a state grown by commands, with a sealing that can be read.
import { type DecideTools, type Decision, decideApply, decideDelete, decidePut } from './decide.ts'
import { parseDocument } from './document.ts'
import type { ConfigChange, ConfigEvent } from './events.ts'
import { applyEvent, emptyState } from './fold.ts'
import { decideIssueKey } from './keys/decide-keys.ts'
import type { EnforcedKind, Origin } from './kinds/kind.ts'
import { newOwnerId } from './kinds/owners/owner-id.ts'
import type { Problem } from './problem.ts'
import type { ConfigState } from './state.ts'

export const tools: DecideTools = {
  egressStrict: false,
  seal: (owner, plain) => ({ $sealed: `${owner}|${plain}`, hint: plain.length < 16 ? '' : plain.slice(-4) }),
  sameSecret: (plain, sealed, owner) => sealed.$sealed === `${owner}|${plain}`,
  newOwnerId: (kind) => newOwnerId(kind, String(++ownersMade).padStart(24, '0')),
}

let ownersMade = 0

export const noonIso = '2026-01-01T12:00:00.000Z'

/** What a change becomes on its way through the log: an event of bytes, here with a made-up hash. */
export function eventOf(state: ConfigState, change: ConfigChange): ConfigEvent {
  const event: ConfigEvent = {
    revision: state.revision + 1,
    version: 1,
    type: change.type,
    at: noonIso,
    actor: 'test',
    reason: '',
    commandId: `command-${state.revision + 1}`,
    change,
    prevHash: state.hash,
  }
  return JSON.parse(JSON.stringify(event)) as ConfigEvent
}

export class Gateway {
  readonly state: ConfigState = emptyState()
  readonly events: { event: ConfigEvent; hash: string }[] = []

  put(kind: EnforcedKind, name: string, input: unknown, origin: Origin = 'api'): Decision {
    return this.settle(decidePut(this.state, { kind, name, input, origin }, tools))
  }

  delete(kind: EnforcedKind, name: string): Decision {
    return this.settle(decideDelete(this.state, { kind, name }, tools))
  }

  apply(text: string): Decision {
    return this.settle(decideApply(this.state, parseDocument(text, { format: 'yaml' }), tools))
  }

  issueKey(id: string, input: unknown): Decision {
    const tokenHash = id.padEnd(64, '0')
    const teamId = newOwnerId('teams', 'd'.repeat(24))
    return this.settle(
      decideIssueKey(this.state, { id, input, tokenHash, prefix: id.slice(0, 4), at: noonIso, teamId }),
    )
  }

  settle(decision: Decision): Decision {
    if (decision.ok && decision.value !== undefined) {
      const event = eventOf(this.state, decision.value)
      const hash = String(event.revision).padStart(64, '0')
      applyEvent(this.state, event, hash)
      this.events.push({ event, hash })
    }
    return decision
  }
}

/** A gateway with a provider `up` and a model `fast`. */
export function smallGateway(): Gateway {
  const gateway = new Gateway()
  for (const decision of [
    gateway.put('providers', 'up', { kind: 'openai', credentials: [{ name: 'main', apiKey: 'sk-0123456789-abcdef' }] }),
    gateway.put('models', 'fast', { targets: [{ provider: 'up', model: 'gpt-4o-mini' }] }),
  ]) {
    if (!decision.ok) throw new Error(JSON.stringify(decision.error))
  }
  return gateway
}

/** The problems of a refusal as `path: message`. */
export function problemsOf(decision: Decision): string[] {
  if (decision.ok || !('problems' in decision.error)) return []
  return decision.error.problems.map(({ path, message }: Problem) => `${path}: ${message}`)
}

export function refusalType(decision: Decision): string | undefined {
  return decision.ok ? undefined : decision.error.type
}
