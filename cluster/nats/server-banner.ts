// Checks that a server sends its greeting. A server that stands still accepts connections, and the client would leak a
// socket with each try; so the client connects only to a server that has greeted.
import { connect } from 'node:net'
import type { Clock } from '../../shared/clock.ts'
import type { NatsServer } from '../../shared/nats-servers.ts'
import { done, fail, type Result } from '../../shared/result.ts'

export function awaitGreeting(
  { host, port }: NatsServer,
  { clock, timeoutMs }: { clock: Clock; timeoutMs: number },
): Promise<Result<void, string>> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const settle = (outcome: Result<void, string>) => {
      timer.cancel()
      socket.destroy()
      resolve(outcome)
    }
    const timer = clock.after(timeoutMs, () => settle(fail(`does not answer within ${timeoutMs} ms`)))
    socket.once('error', (error: NodeJS.ErrnoException) => settle(fail(`cannot be reached: ${error.code ?? 'failed'}`)))
    socket.once('close', () => settle(fail('closed the connection')))
    socket.once('data', (greeting) =>
      settle(greeting.toString('latin1', 0, 5) === 'INFO ' ? done(undefined) : fail('does not speak NATS')),
    )
  })
}
