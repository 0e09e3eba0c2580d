// The request history, newest last, like `tail`; with `-f` it goes on until it is interrupted.
import { type ExitCode, exitCode } from '../exit-code.ts'
import { cell } from '../terminal.ts'
import { refused, type VerbContext } from '../verb.ts'
import { itemsOf } from './get.ts'

const pollMs = 1_000
/** A request may be stored after one that arrived later, so ids are remembered for more than one page. */
const rememberedMax = 5_000

export async function logs(context: VerbContext, options: { follow?: boolean; limit?: string }): Promise<ExitCode> {
  const shown = new Set<string>()
  const names = new KeyNames(context)
  let limit = options.limit ?? '20'
  for (;;) {
    const page = await context.client.call({ path: `/requests?limit=${encodeURIComponent(limit)}` })
    if (!page.ok) return refused(context, page.error)
    const requests = page.value['items'] as Record<string, unknown>[]
    if (!context.json) await names.learn(requests.map(({ key }) => key))
    for (const request of requests.reverse()) {
      const id = String(request['id'])
      if (shown.has(id)) continue
      shown.add(id)
      context.terminal.out(context.json ? JSON.stringify(request) : line(request, names))
    }
    forgetOldest(shown)
    if (options.follow !== true || context.signal.aborted) return exitCode.ok
    limit = '1000'
    await pause(context)
    if (context.signal.aborted) return exitCode.ok
  }
}

/** Names of keys by their ids. Keys that are gone have none, and are shown by their id. */
class KeyNames {
  readonly #context: VerbContext
  readonly #names = new Map<unknown, unknown>()
  /** Ids without a name, which are not asked for again. */
  readonly #nameless = new Set<unknown>()

  constructor(context: VerbContext) {
    this.#context = context
  }

  async learn(ids: readonly unknown[]): Promise<void> {
    const lacking = ids.filter((id) => id !== '' && !this.#names.has(id) && !this.#nameless.has(id))
    if (lacking.length === 0) return
    const keys = await itemsOf(this.#context, '/keys')
    if (!keys.ok) return
    for (const { id, name } of keys.value) if (name !== '' && name !== undefined) this.#names.set(id, name)
    for (const id of lacking) if (!this.#names.has(id)) this.#nameless.add(id)
  }

  of(id: unknown): unknown {
    return this.#names.get(id) ?? id
  }
}

/** A model that there is not is shown as it was asked for. */
function line(request: Record<string, unknown>, names: KeyNames): string {
  const { id, at, httpStatus, status, totalMs, errorCode } = request
  const model = request['askedModel'] ?? request['model']
  const key = names.of(request['key'])
  const took = typeof totalMs === 'number' ? `${Math.round(totalMs)}ms` : ''
  return [at, httpStatus, status, model, took, key, errorCode, id].map(cell).filter(Boolean).join('  ')
}

function forgetOldest(shown: Set<string>): void {
  for (const id of shown) {
    if (shown.size <= rememberedMax) return
    shown.delete(id)
  }
}

function pause(context: VerbContext): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel()
      context.signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = context.clock.after(pollMs, done)
    context.signal.addEventListener('abort', done)
  })
}
