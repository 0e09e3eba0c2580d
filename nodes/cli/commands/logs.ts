// The request history, newest last, like `tail`; with `-f` it goes on until it is interrupted.
import { type ExitCode, exitCode } from '../exit-code.ts'
import { cell } from '../terminal.ts'
import { refused, type VerbContext } from '../verb.ts'

const pollMs = 1_000
/** A request may be stored after one that arrived later, so ids are remembered for more than one page. */
const rememberedMax = 5_000

export async function logs(context: VerbContext, options: { follow?: boolean; limit?: string }): Promise<ExitCode> {
  const shown = new Set<string>()
  let limit = options.limit ?? '20'
  for (;;) {
    const page = await context.client.call({ path: `/requests?limit=${encodeURIComponent(limit)}` })
    if (!page.ok) return refused(context, page.error)
    for (const request of (page.value['items'] as Record<string, unknown>[]).reverse()) {
      const id = String(request['id'])
      if (shown.has(id)) continue
      shown.add(id)
      context.terminal.out(context.json ? JSON.stringify(request) : line(request))
    }
    forgetOldest(shown)
    if (options.follow !== true || context.signal.aborted) return exitCode.ok
    limit = '1000'
    await pause(context)
    if (context.signal.aborted) return exitCode.ok
  }
}

function line(request: Record<string, unknown>): string {
  const { id, at, httpStatus, status, model, totalMs, key, errorCode } = request
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
