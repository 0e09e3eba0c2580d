// Stops a proxy without failing a request: it accepts no new connection, answers the requests on open connections with
// `connection: close`, and ends when no connection is left, or when those that are left have been without a request for a moment.
import type { Clock } from '../../../shared/clock.ts'
import type { HttpServer } from './http.ts'

/** The time without a request after which the connections that are left are given up. A request that is on its way then is cut, as
 *  it is at every end of an idle connection; clients that ask more often than this are told to close by their next answer. */
const quietMs = 1_000
/** The server closes idle connections after 10 s. */
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
  const quiet = new Quiet(server, startedMs)
  const isOver = () => clock.monotonicMs() - startedMs >= drainMs
  // An open WebSocket counts as a request and not as a connection.
  while ((server.openConnections > 0 || server.openRequests > 0) && !isOver() && !quiet.look(clock.monotonicMs()))
    await pause(clock, pollMs)
  const cut = server.openRequests
  cutOpen()
  if (cut > 0 && server.openConnections > 0) await pause(clock, lastBytesMs)
  return cut
}

/** Watches for the moment at which nothing has been asked and nothing is owed for long enough. */
class Quiet {
  readonly #server: HttpServer
  readonly #startedMs: number
  #sinceMs: number
  #begun: number

  constructor(server: HttpServer, nowMs: number) {
    this.#server = server
    this.#startedMs = nowMs
    this.#sinceMs = nowMs
    this.#begun = server.begunRequests
  }

  /** Called at each poll; `nowMs` is monotonic. */
  look(nowMs: number): boolean {
    const { openRequests, begunRequests, lastOwedMs } = this.#server
    if (openRequests > 0 || begunRequests !== this.#begun) this.#sinceMs = nowMs
    this.#begun = begunRequests
    if (openRequests > 0) return false
    if (nowMs - this.#startedMs >= idleMsMax) return true
    return nowMs - this.#sinceMs >= quietMs && nowMs - lastOwedMs >= idleMsMax
  }
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
