// A start waits for a configuration: on a shared port, a proxy without one rejects what the others serve.
import type { Clock } from '../../../shared/clock.ts'
import type { ConfigFollower } from './follow-config.ts'

const firstConfigMsMax = 3_000
const lookMs = 20

export async function untilConfigured(config: ConfigFollower, clock: Clock): Promise<void> {
  const isConfigured = () => config.snapshot !== undefined || config.status.damaged !== undefined
  const untilMs = clock.monotonicMs() + firstConfigMsMax
  while (!isConfigured() && clock.monotonicMs() < untilMs)
    await new Promise<void>((resume) => clock.after(lookMs, resume))
}
