// Accounts, ids and requests for tests of files and batches.
import { AllowList } from '../../auth/callers.ts'
import { ObjectAnswers } from '../../provider-objects/object-answers.ts'
import { ObjectIds, type ObjectRef } from '../../provider-objects/object-ids.ts'
import type { Target } from '../../providers/endpoint.ts'
import { testTarget } from '../../providers/test-target.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { routeTo, testCaller, testHead, testRequest, testSnapshot } from '../../request/test-request.ts'

export const ids = new ObjectIds(new Uint8Array(32).fill(7))
export const owner = 'team search'

export function accountAt(provider: string, more: Parameters<typeof testTarget>[0] = {}): Target {
  return testTarget({ provider, model: '', ...more })
}

export const vault = accountAt('vault', { credentialNames: ['main', 'second'] })
export const claude = accountAt('claude', { kind: 'anthropic' })
/** Models of two providers with files and of one without. */
export const routes = {
  fast: routeTo('fast', testTarget({ provider: 'vault', model: 'gpt-fast' })),
  smart: routeTo('smart', testTarget({ provider: 'vault', model: 'gpt-smart' })),
  /** Without a price, which its operator refuses. */
  refused: routeTo('refused', { ...testTarget({ provider: 'vault', model: 'gpt-none' }), unpriced: 'refuse' }),
  elsewhere: routeTo('elsewhere', testTarget({ provider: 'other', model: 'gpt-other' })),
  claude: routeTo('claude', testTarget({ provider: 'claude', kind: 'anthropic', model: 'claude-x' })),
}

export interface TestFilesOptions {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object | string
  readonly accounts?: readonly Target[]
  /** Models that the caller may use; absent: all. */
  readonly allowed?: readonly string[]
  readonly owner?: string
}

export function filesRequest({
  method = 'POST',
  path = '/v1/files',
  query = '',
  headers = {},
  body = {},
  accounts = [vault, claude],
  allowed,
  owner: asOwner = owner,
}: TestFilesOptions = {}): AuthenticatedRequest {
  const models = allowed === undefined ? undefined : new AllowList(allowed)
  const snapshot = testSnapshot(routes, Object.fromEntries(accounts.map((account) => [account.provider, account])))
  const head = testHead({ method, path, query, headers })
  return testRequest({ head, body, snapshot, caller: { ...testCaller, owner: asOwner, models } }).request
}

export function refOf(more: Partial<ObjectRef> = {}): ObjectRef {
  return { kind: 'file', provider: 'vault', credential: 'main', owner, id: 'file-1', models: [], ...more }
}

export const answers = new ObjectAnswers(ids, { provider: 'vault', credential: 'main' })
