// Pages of a list of items, by OpenAI's parameters `order`, `after` and `limit`.
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type BadParameter, badParameter } from './storage-options.ts'

const limitDefault = 20
const limitMax = 100

/** The page that a query asks for. `items` are ordered from the oldest to the newest; the default order is the reverse. */
export function pageOf(items: readonly JsonObject[], query: URLSearchParams): Result<JsonObject, BadParameter> {
  const order = query.get('order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc') return fail(badParameter('order', 'must be asc or desc'))
  const limit = query.get('limit') ?? String(limitDefault)
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > limitMax) {
    return fail(badParameter('limit', `must be 1 to ${limitMax}`))
  }
  const ordered = order === 'asc' ? items : [...items].reverse()
  const after = query.get('after')
  const at = after === null ? -1 : ordered.findIndex(({ id }) => id === after)
  if (after !== null && at < 0) return fail(badParameter('after', 'names no item of this list'))
  const data = ordered.slice(at + 1, at + 1 + Number(limit))
  return done({
    object: 'list',
    data,
    first_id: data[0]?.['id'] ?? null,
    last_id: data.at(-1)?.['id'] ?? null,
    has_more: at + 1 + data.length < ordered.length,
  })
}
