// Waits at the start of a proxy for its first configuration.
import type { Clock } from '../../../shared/clock.ts'
import type { ConfigFollower } from './follow-config.ts'

/** The time that a start waits for a configuration: on a shared port, a proxy without one rejects what the others serve. */
const firstConfigMsMax = 3_000

export async function untilConfigured(config: ConfigFollower, clock: Clock): Promise<void> {
  const isConfigured = () => config.snapshot !== undefined || config.status.damaged !== undefined
  const untilMs = clock.monotonicMs() + firstConfigMsMax
  while (!isConfigured() && clock.monotonicMs() < untilMs) await new Promise<void>((resume) => clock.after(20, resume))
}
