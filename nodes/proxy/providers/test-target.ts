// Targets for tests, connected as a configuration connects them.
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { connectProvider, type Target } from './endpoint.ts'
import { spokenTo } from './spoken-dialects.ts'
import { testConnectOptions } from './test-connect.ts'

export interface TestTargetOptions extends Partial<ProviderSpec> {
  /** Name of the provider; by default that of its kind. */
  readonly provider?: string
  /** The model's name at the provider. */
  readonly model?: string
  readonly facts?: Target['facts']
  /** Names of its credentials, one of them by default. */
  readonly credentialNames?: readonly string[]
}

export function testTarget({
  kind = 'openai',
  provider = kind,
  model = 'gpt-x',
  facts = {},
  credentialNames = ['main'],
  ...spec
}: TestTargetOptions = {}): Target {
  const credentials = credentialNames.map((name) => ({ name, apiKey: { $sealed: 'k-upstream', hint: '' } }))
  const options = testConnectOptions({ open: ({ $sealed }) => $sealed })
  const connection = connectProvider(provider, { kind, credentials, ...spec }, options)
  if (connection === undefined) throw new Error(`there is no kind ${kind}`)
  return {
    ...connection,
    ...connection.byModel?.(model),
    ...spokenTo(connection, { configured: undefined, known: facts.endpoint }),
    model,
    facts,
    price: undefined,
    releasedAt: 0,
    health: { inFlight: 0, failuresInRow: 0 },
  }
}
