import { enforcedKinds } from '../../../shared/config/kinds/kind.ts'
import { didYouMean } from '../../../shared/config/nearest.ts'
import { done, type Result } from '../../../shared/result.ts'
import type { Refusal } from '../admin-client.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { table } from '../terminal.ts'
import { refused, show, type VerbContext } from '../verb.ts'

const kinds = [...enforcedKinds, 'keys']
export const keyColumns = ['id', 'name', 'owner', 'prefix', 'models', 'expiresAt']

/** Prints one resource, or all of a kind. */
export async function get(context: VerbContext, kind: string, name: string | undefined): Promise<ExitCode> {
  if (kind === 'keys' && name === undefined) return list(context, '/keys', keyColumns)
  if (!kinds.some((known) => known === kind)) {
    const message = `"${kind}" is no kind: ${kinds.join(', ')}${didYouMean(kind, kinds)}`
    return refused(context, { code: exitCode.usage, message })
  }
  if (name === undefined) return list(context, `/${kind}`, ['name', 'revision', 'spec'])
  const answer = await context.client.call({ path: `/${kind}/${encodeURIComponent(name)}` })
  return answer.ok
    ? show(context, answer.value, () => JSON.stringify(answer.value, undefined, 2))
    : refused(context, answer.error)
}

/** Every page of a list, as one. */
export async function list(context: VerbContext, path: string, columns: readonly string[]): Promise<ExitCode> {
  const listed = await itemsOf(context, path)
  if (!listed.ok) return refused(context, listed.error)
  const items = listed.value
  return show(context, { items }, () =>
    table(
      columns,
      items.map((item) => columns.map((column) => item[column])),
    ),
  )
}

export async function itemsOf(
  { client }: Pick<VerbContext, 'client'>,
  path: string,
): Promise<Result<Record<string, unknown>[], Refusal>> {
  const items: Record<string, unknown>[] = []
  for (let after: unknown = ''; after !== undefined; ) {
    const page = await client.call({
      path: `${path}?limit=500${after === '' ? '' : `&after=${encodeURIComponent(String(after))}`}`,
    })
    if (!page.ok) return page
    items.push(...(page.value['items'] as Record<string, unknown>[]))
    after = page.value['next']
  }
  return done(items)
}
