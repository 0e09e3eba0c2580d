// An event as `GET /events` shows it. `hash` is the chain's, over the bytes as stored, which hold what is masked here.
import { publicChange } from '../../../shared/config/public-view.ts'
import type { ReadEvent } from '../config-service.ts'

export function publicEvent({ event, hash }: ReadEvent) {
  const { revision, type, at, actor, reason, commandId, change, prevHash } = event
  const { type: _, ...data } = publicChange(change)
  return { revision, type, at, actor, reason, commandId, data, prevHash, hash }
}
