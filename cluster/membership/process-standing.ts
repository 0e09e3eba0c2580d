// What the parts of one process say of themselves, told to every thread of it each second. So each port and each heartbeat
// of the process gives the same verdict, whichever part it belongs to.
import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { type Bus, decodeJson, encodeJson, subjects } from '../bus/bus.ts'

/** Troubles by the name of the part. */
export type TroublesOfParts = Readonly<Record<string, readonly Trouble[]>>

export function publishProcessStanding({ bus, clock }: { bus: Bus; clock: Clock }, read: () => TroublesOfParts) {
  return clock.every(bounds.heartbeatMs, () => bus.publish(subjects.processStanding, encodeJson(read())))
}

export interface OtherParts {
  /** The troubles of the other parts of the process, as they were told last. */
  troubles(): Trouble[]
  stop(): void
}

/** Listens in the thread of the part `self`, which knows its own troubles at once. */
export function hearOtherParts(bus: Bus, self: string): OtherParts {
  let told: TroublesOfParts = {}
  const subscription = bus.subscribe(subjects.processStanding, (payload) => {
    told = decodeJson(payload) as TroublesOfParts
  })
  return {
    troubles: () => Object.entries(told).flatMap(([part, troubles]) => (part === self ? [] : troubles)),
    stop: () => subscription.stop(),
  }
}
