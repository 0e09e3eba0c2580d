// What a request for a list of files or batches asks for, and the calls for its pages.
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { ObjectAnswers } from '../../provider-objects/object-answers.ts'
import type { ObjectIds, ObjectKind } from '../../provider-objects/object-ids.ts'
import type { ObjectPath } from '../../provider-objects/object-operations.ts'
import { addressOf, type Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { bad } from '../../request/json-body.ts'
import { accountNamed, namedAccount, providerRequired } from './account.ts'
import type { ObjectCallParts } from './object-call.ts'
import { ObjectList } from './object-list.ts'

export interface AskedList {
  readonly account: Target
  readonly kind: ObjectKind
  /** Parts of the query that go on to the provider. */
  readonly passed: readonly (readonly [string, string])[]
  /** The provider's own id to go on from. */
  readonly after: string | undefined
  openList(answers: ObjectAnswers): ObjectList
}

/** The number of items on a page at most and by default, and the number that a provider is asked for at once. */
const pageItems = { file: { max: 10_000, normal: 1_000, asked: 1_000 }, batch: { max: 100, normal: 20, asked: 100 } }

export function readListRequest(
  request: AuthenticatedRequest,
  { kind }: ObjectPath,
  ids: ObjectIds,
): Result<AskedList, GatewayError> {
  const { head, snapshot, caller } = request
  const owner = caller.owner
  const dialect = kind === 'file' ? 'openai-files' : 'openai-batches'
  const named = namedAccount(head, { snapshot, caller, dialect })
  if (!named.ok) return named
  const query = new URLSearchParams(head.query)
  const limit = limitIn(query, kind)
  if (limit === undefined) return fail(bad('invalid_value', `\`limit\` must be 1 to ${pageItems[kind].max}.`, 'limit'))
  const after = query.get('after')
  const from = after === null ? undefined : (ids.open(after, kind) ?? ids.open(after, `${kind}-cursor`))
  if (after !== null && from?.owner !== owner) return fail({ type: 'unknown-object', kind })
  const account = from === undefined ? named.value : accountNamed(snapshot, from.provider, from.credential)
  if (account === undefined) return fail(providerRequired(snapshot, caller, dialect))
  return done({
    account,
    kind,
    passed: passedOn(query),
    after: from?.id,
    openList: (answers) => new ObjectList(answers, { kind, owner, limit }),
  })
}

function passedOn(query: URLSearchParams): [string, string][] {
  return ['purpose', 'order'].flatMap((name): [string, string][] => {
    const value = query.get(name)
    return value === null ? [] : [[name, value]]
  })
}

function limitIn(query: URLSearchParams, kind: ObjectKind): number | undefined {
  const text = query.get('limit')
  const { max, normal } = pageItems[kind]
  if (text === null) return normal
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  return limit >= 1 && limit <= max ? limit : undefined
}

export function pageCall(
  { account, kind, passed }: AskedList,
  after: string | undefined,
  tell: ObjectCallParts['tell'],
): ObjectCallParts {
  const query = new URLSearchParams(passed.map(([name, value]): [string, string] => [name, value]))
  query.set('limit', String(pageItems[kind].asked))
  if (after !== undefined) query.set('after', after)
  const address = addressOf(account, kind === 'file' ? '/files' : '/batches')
  const path = `${address}${address.includes('?') ? '&' : '?'}${query}`
  return { method: 'GET', path, body: [], contentType: '', tell }
}
