// Builds the longest history that verifies from several copies of one log: an event that one copy lost or damaged may
// be in another. Where two copies hold different genuine events for one revision the history is forked, and no program
// can decide which one is right.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { genesisHash, type LogHead, type StoredEvent } from '../log/config-log.ts'
import type { LogKey } from '../log/log-key.ts'
import { type ChainSource, ChainTrack, type SourceReport, windowEvents } from './chain-track.ts'

export interface Merged {
  /** The end of the history. */
  readonly head: LogHead
  readonly sources: readonly SourceReport[]
  readonly fork: Fork | undefined
  /** The newest revision of a genuine event at whatever place: when it is beyond `head`, there is a hole. */
  readonly genuine: number
}

export interface Fork {
  readonly revision: number
  readonly branches: readonly { readonly source: string; readonly hash: string }[]
}

/** Passes the history to `keep` page by page; `keep` may take its time. */
export async function mergeChains(
  sources: readonly ChainSource[],
  macKey: LogKey,
  keep: (events: StoredEvent[]) => Promise<void>,
): Promise<Merged> {
  const tracks = await Promise.all(sources.map((source) => ChainTrack.open(source, macKey)))
  let head: LogHead = { revision: 0, hash: genesisHash }
  let fork: Fork | undefined
  for (;;) {
    for (const track of tracks) await track.turnTo(head.revision)
    const page = nextPage(tracks, head)
    fork = page.fork
    if (page.events.length > 0) await keep(page.events)
    head = page.events.at(-1) ?? head
    if (page.events.length < windowEvents) break
    await nextTurn()
  }
  let genuine = head.revision
  for (const track of tracks) genuine = Math.max(genuine, await track.genuineAfter(head.revision))
  const { revision, hash } = head
  return { head: { revision, hash }, sources: tracks.map(({ report }) => report), fork, genuine }
}

function nextPage(tracks: ChainTrack[], after: LogHead): { events: StoredEvent[]; fork: Fork | undefined } {
  const events: StoredEvent[] = []
  let head = after
  while (events.length < windowEvents) {
    const found = tracks.flatMap((track) => {
      const event = track.next(head)
      return event === undefined ? [] : [{ source: track.name, hash: event.hash, event }]
    })
    const [first] = found
    if (first === undefined) break
    if (found.some(({ hash }) => hash !== first.hash)) {
      const branches = found.map(({ source, hash }) => ({ source, hash }))
      return { events, fork: { revision: head.revision + 1, branches } }
    }
    events.push(first.event)
    head = first.event
  }
  return { events, fork: undefined }
}
