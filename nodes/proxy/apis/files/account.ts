// Which provider's account a file or batch goes to, and whether a caller may use it.
import { done, fail, type Result } from '../../../../shared/result.ts'
import { type Caller, mayUse } from '../../auth/callers.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { RequestHead } from '../../http/http.ts'
import type { Target } from '../../providers/endpoint.ts'
import { bad } from '../../request/json-body.ts'
import { usableTarget } from '../../request/model-access.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'

type Dialect = 'openai-files' | 'openai-batches'

/** The account that the caller names in `x-headgate-provider` or `?provider=`, else the only one that it may use. Undefined when it
 *  may use several and names none. */
export function namedAccount(
  head: RequestHead,
  { snapshot, caller, dialect }: { snapshot: Snapshot; caller: Caller; dialect: Dialect },
): Result<Target | undefined, GatewayError> {
  const named = head.header('x-headgate-provider') ?? new URLSearchParams(head.query).get('provider') ?? undefined
  if (named === undefined) {
    const [only, second] = accountsFor(snapshot, caller, dialect)
    if (only === undefined) {
      return fail(bad('unsupported_endpoint', 'No provider that this key may use has files and batches.'))
    }
    return done(second === undefined ? only : undefined)
  }
  const account = snapshot.accountOf(named)
  if (account === undefined || !mayUseProvider(caller, named, snapshot)) {
    return fail(bad('unknown_provider', 'There is no such provider for this key.', 'provider'))
  }
  if (!account.speaks.has(dialect)) {
    return fail(bad('unsupported_endpoint', 'This provider does not have this endpoint.', 'provider'))
  }
  return done(first(account))
}

export function providerRequired(snapshot: Snapshot, caller: Caller, dialect: Dialect): GatewayError {
  const names = accountsFor(snapshot, caller, dialect).map(({ provider }) => `\`${provider}\``)
  const message = `Name a provider in the header x-headgate-provider or as ?provider=: ${names.slice(0, namesMax).join(', ')}.`
  return bad('provider_required', message, 'provider')
}

const namesMax = 10

function accountsFor(snapshot: Snapshot, caller: Caller, dialect: Dialect): Target[] {
  return snapshot.providerNames.flatMap((name) => {
    const account = snapshot.accountOf(name)
    return account?.speaks.has(dialect) === true && mayUseProvider(caller, name, snapshot) ? [first(account)] : []
  })
}

/** New objects go to the account of the first credential, always: it is the one whose lists are shown. */
function first(account: Target): Target {
  return { ...account, credentials: account.credentials.slice(0, 1) }
}

/** The account of an object that exists. */
export function accountNamed(snapshot: Snapshot, provider: string, credential: string): Target | undefined {
  const account = snapshot.accountOf(provider)
  const found = account?.credentials.find(({ name }) => name === credential)
  return account === undefined || found === undefined ? undefined : { ...account, credentials: [found] }
}

/** Whether a caller may keep files at a provider: it may use one of the provider's models. */
function mayUseProvider(caller: Caller, provider: string, snapshot: Snapshot): boolean {
  if (caller.models === undefined || mayUse(caller, `${provider}/*`)) return true
  const { modelNames, bareNames } = snapshot
  const isAliasThere = modelNames.some(
    (name) =>
      mayUse(caller, name) && snapshot.routeOf(name)?.targets.some(({ target }) => target.provider === provider),
  )
  if (isAliasThere) return true
  return bareNames.listed().some(({ name, targets }) => {
    return usableTarget(caller, name, targets)?.connection.provider === provider
  })
}
