// How a proxy ends without failing a request: it takes no new connection, answers what comes on those that it has and tells
// their clients to close them, and ends when none is left.
import type { Clock } from '../../../shared/clock.ts'
import type { HttpServer } from './http.ts'

/** Idle connections are closed by the server after 10 s. To close one earlier might cut a request that is on its way. */
const idleMsMax = 11_000
const lookMs = 20
/** The last bytes of what has just ended may still be on their way to the kernel. */
const lastBytesMs = 500

/** Resolves with the number of requests that had to be cut: they were open after `drainMs`. `cutOpen` tells their callers. */
export async function drain(
  server: HttpServer,
  drainMs: number,
  { clock, cutOpen }: { clock: Clock; cutOpen: () => void },
): Promise<number> {
  server.stopListening()
  const startedMs = clock.monotonicMs()
  const isOver = (ms: number) => clock.monotonicMs() - startedMs >= ms
  // A WebSocket is no connection any more to the server that counts them.
  while ((server.openConnections > 0 || server.openRequests > 0) && !isOver(drainMs)) {
    if (server.openRequests === 0 && isOver(idleMsMax)) break
    await pause(clock, lookMs)
  }
  const cut = server.openRequests
  cutOpen()
  if (server.openConnections > 0) await pause(clock, lastBytesMs)
  return cut
}

/** Unlike `Clock.after` this keeps the process alive: a drain has to be seen through. */
function pause(clock: Clock, ms: number): Promise<void> {
  const alive = setInterval(() => {}, 1_000)
  return new Promise((resolve) =>
    clock.after(ms, () => {
      clearInterval(alive)
      resolve()
    }),
  )
}
