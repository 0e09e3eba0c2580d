import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConfigLog, LogRefusal } from '../../../cluster/config-log/log/config-log.ts'
import { isGenuine } from '../../../cluster/config-log/log/event-codec.ts'
import { deriveKeys } from '../../../cluster/secrets/keys.ts'
import { done, type Result } from '../../../shared/result.ts'

/** Returns the last revision in `after < revision <= upTo` whose MAC is under `masterKey`; 0 when there is none. The search
 *  goes backwards, because events under a replaced key are the older ones. */
export async function lastRevisionUnder(
  log: Pick<ConfigLog, 'read'>,
  { masterKey, current }: { masterKey: Uint8Array; current: Uint8Array },
  { after, upTo }: { after: number; upTo: number },
): Promise<Result<number, LogRefusal>> {
  const [macKey, currentMacKey] = [deriveKeys(masterKey).macKey, deriveKeys(current).macKey]
  for (let end = upTo; end > after; end -= pageEvents) {
    const from = Math.max(after, end - pageEvents)
    const page = await log.read(from, end - from)
    if (!page.ok) return page
    const found = page.value.findLast((stored) => {
      const { revision } = stored
      return !isGenuine(stored, currentMacKey, revision) && isGenuine(stored, macKey, revision)
    })
    if (found !== undefined) return done(found.revision)
    await nextTurn()
  }
  return done(0)
}

const pageEvents = 256
