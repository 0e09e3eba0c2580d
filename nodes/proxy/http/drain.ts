// Stops a proxy without failing a request: it accepts no new connection, answers the requests on open connections with
// `connection: close`, and ends when no connection is left.
import type { Clock } from '../../../shared/clock.ts'
import type { HttpServer } from './http.ts'

/** The server closes idle connections after 10 s. Closing one earlier could cut a request that is on its way. */
const idleMsMax = 11_000
const pollMs = 20
/** Time for the last bytes of answers to reach the kernel. */
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
  // An open WebSocket counts as a request and not as a connection.
  while ((server.openConnections > 0 || server.openRequests > 0) && !isOver(drainMs)) {
    if (server.openRequests === 0 && isOver(idleMsMax)) break
    await pause(clock, pollMs)
  }
  const cut = server.openRequests
  cutOpen()
  if (server.openConnections > 0) await pause(clock, lastBytesMs)
  return cut
}

/** Unlike `Clock.after` this keeps the process alive, because a drain must not end early. */
function pause(clock: Clock, ms: number): Promise<void> {
  const alive = setInterval(() => {}, 1_000)
  return new Promise((resolve) =>
    clock.after(ms, () => {
      clearInterval(alive)
      resolve()
    }),
  )
}
