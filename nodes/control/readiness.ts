// What makes up the readiness of the control node.
import type { SecretBox } from '../../cluster/secrets/secret-box.ts'
import type { Clock } from '../../shared/clock.ts'
import { Readiness, type ReadinessCheck, type Trouble } from '../../shared/readiness.ts'
import type { Agreement } from './agreement.ts'
import type { ConfigService } from './config-service.ts'
import type { NodesView } from './nodes-view.ts'

export interface ReadinessOptions {
  readonly node: { readonly name: string; readonly role: 'all' | 'control' }
  readonly clock: Clock
  readonly checks?: readonly ReadinessCheck[]
  readonly others?: ReadinessCheck
  readonly aggregatorsElsewhere?: boolean
}

export interface CheckedParts {
  readonly desk: ConfigService
  readonly agreement: Agreement
  readonly nodes: NodesView
  readonly secrets: SecretBox
}

export function readinessOf(options: ReadinessOptions, config: CheckedParts): Readiness {
  const { node, clock, checks = [], aggregatorsElsewhere = false } = options
  const { desk, agreement, nodes, secrets } = config
  const readiness = new Readiness(clock)
  for (const check of [() => desk.troubles(), () => agreement.troubles(), () => secrets.troubles(), ...checks])
    readiness.add(check)
  // Inside a whole node: a load balancer that asks this port must not send what the data port no longer takes.
  readiness.add(() => (node.role === 'all' && nodes.isDraining(node.name) ? [draining] : []))
  readiness.add(() => (aggregatorsElsewhere && !nodes.isPresent(['aggregator', 'all']) ? [noAggregator] : []))
  return readiness
}

/** What this port tells: its own troubles, and those of the other parts of its process. */
export function verdictOf({ clock, others }: Pick<ReadinessOptions, 'clock' | 'others'>, own: Readiness): Readiness {
  const verdict = new Readiness(clock)
  verdict.add(() => own.troubles())
  if (others !== undefined) verdict.add(others)
  return verdict
}

const draining: Trouble = {
  level: 'unready',
  reason: 'the node is draining: it finishes what it has, and takes nothing new',
}

const noAggregator: Trouble = {
  level: 'degraded',
  reason: 'no aggregator is heard: usage, requests and latencies cannot be told; proxies keep their records',
}
