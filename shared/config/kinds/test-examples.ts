// For the law that holds for every kind (`kinds.test.ts`): one resource of each, written as an operator writes it, beside
// the resources of `exampleGateway`. A new kind does not compile until it has an example.
import { Gateway } from '../test-config.ts'
import type { EnforcedKind } from './kind.ts'

export interface KindExample {
  /** A spec with every reference and every secret that the kind can have at once. */
  input: Record<string, unknown>
  /** Differs from `input` in one field that is neither. */
  changed: { field: string; to: unknown }
  /** The places of the references within the spec. */
  references: string[]
  /** The secrets in plain text, by their places within the spec. */
  secrets: Record<string, string>
}

const apiKey = 'sk-0123456789-example-key'
const pemKey = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANexample\n-----END PRIVATE KEY-----'
const webhookSecret = 'whsec-0123456789-example'

const owner: KindExample = {
  input: { team: 'crew', models: ['fast', 'up/gpt-4o', 'up/*'], costCenter: 'cc-1', metadata: { stage: 'test' } },
  changed: { field: 'costCenter', to: 'cc-2' },
  references: ['team', 'models[0]', 'models[1]', 'models[2]'],
  secrets: {},
}

export const kindExamples: { readonly [Kind in EnforcedKind]: KindExample } = {
  providers: {
    input: {
      kind: 'openai',
      baseUrl: 'https://api.example.com/v1',
      credentials: [{ name: 'main', apiKey }],
      tls: { key: pemKey },
      headers: { 'X-Stage': 'test' },
    },
    changed: { field: 'baseUrl', to: 'https://eu.example.com/v1' },
    references: [],
    secrets: { 'credentials[0].apiKey': apiKey, 'tls.key': pemKey },
  },
  models: {
    input: { targets: [{ provider: 'up', model: 'gpt-4o' }], fallbacks: ['fast'], routing: 'weighted' },
    changed: { field: 'routing', to: 'priority' },
    references: ['targets[0].provider', 'fallbacks[0]'],
    secrets: {},
  },
  teams: {
    input: { models: ['fast', 'up/gpt-4o', 'up/*'], costCenter: 'cc-1' },
    changed: { field: 'costCenter', to: 'cc-2' },
    references: ['models[0]', 'models[1]', 'models[2]'],
    secrets: {},
  },
  users: owner,
  apps: owner,
  blocks: {
    input: { match: { user: 'ann', session: 'run-17' }, reason: 'it runs in a circle', until: '2030-01-31T12:00:00Z' },
    changed: { field: 'reason', to: 'it is expensive' },
    references: [],
    secrets: {},
  },
  limits: {
    input: {
      per: 'user',
      match: { model: 'fast', team: 'crew', user: 'ann', app: 'bot', provider: 'up', target: 'up/gpt-4o' },
      requests: 1_000,
      window: '1d',
    },
    changed: { field: 'requests', to: 2_000 },
    references: ['match.model', 'match.team', 'match.user', 'match.app', 'match.provider', 'match.target'],
    secrets: {},
  },
  budgets: {
    input: {
      team: 'crew',
      usd: 500,
      window: '1mo',
      timeZone: 'Europe/Berlin',
      alertAt: [0.8, 0.95],
      webhook: { url: 'https://hooks.example.com/', secret: webhookSecret },
    },
    changed: { field: 'usd', to: 600 },
    references: ['team'],
    secrets: { 'webhook.secret': webhookSecret },
  },
  slos: {
    input: {
      objective: 'ttft',
      threshold: '500ms',
      match: { model: 'fast', provider: 'up', team: 'crew', user: 'ann', app: 'bot' },
      webhook: { url: 'https://hooks.example.com/', secret: webhookSecret },
    },
    changed: { field: 'threshold', to: '900ms' },
    references: ['match.model', 'match.provider', 'match.team', 'match.user', 'match.app'],
    secrets: { 'webhook.secret': webhookSecret },
  },
}

/** Holds everything that an example refers to, and no example. */
export function exampleGateway(): Gateway {
  const gateway = new Gateway()
  const decisions = [
    gateway.put('providers', 'up', { kind: 'openai', credentials: [{ name: 'main', apiKey }] }),
    gateway.put('models', 'fast', { targets: [{ provider: 'up', model: 'gpt-4o-mini' }] }),
    gateway.put('teams', 'crew', {}),
    gateway.put('users', 'ann', {}),
    gateway.put('apps', 'bot', {}),
  ]
  for (const decision of decisions) if (!decision.ok) throw new Error(JSON.stringify(decision.error))
  return gateway
}
