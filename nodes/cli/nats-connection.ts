// The CLI's own connection to NATS, for the verbs that look at the cluster itself and not at what a node says of it.

import type { NatsLink } from '../../cluster/nats/nats-link.ts'
import { openNatsLink } from '../../cluster/nats/open-nats-link.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { parseSettings } from '../../shared/settings.ts'
import { textOfFile } from '../../shared/text-file.ts'
import type { Refusal } from './admin-client.ts'
import { exitCode } from './exit-code.ts'
import type { VerbContext } from './verb.ts'

const connectMsMax = 5_000

/** A connection, which the caller closes, or a refusal that names what is missing. */
export async function connectToNats({ environment, clock }: VerbContext): Promise<Result<NatsLink, Refusal>> {
  const settings = parseSettings(environment, textOfFile)
  if (!settings.ok) {
    const message = settings.error.map((problem) => `${problem.name}: ${problem.message}`).join('\n')
    return fail({ code: exitCode.usage, message })
  }
  const { nats } = settings.value
  if (nats === undefined) {
    return fail({ code: exitCode.usage, message: 'set HEADGATE_NATS_URL to the servers of the cluster' })
  }
  const opened = openNatsLink({ ...nats, name: 'headgate cli', clock, chance: Math.random, notify: () => {} })
  if (!opened.ok) return fail({ code: exitCode.usage, message: `HEADGATE_NATS_URL: ${opened.error.message}` })
  const link = opened.value
  const untilMs = clock.monotonicMs() + connectMsMax
  // Not the clock's timer: what waits for it has to keep the command alive.
  while (!link.status.isConnected && clock.monotonicMs() < untilMs) await new Promise((next) => setTimeout(next, 20))
  if (link.status.isConnected) return done(link)
  const message = `NATS does not answer: ${link.status.trouble ?? 'unknown'}`
  await link.close()
  return fail({ code: exitCode.unreachable, message })
}
