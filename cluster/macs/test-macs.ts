// The MACs of a cluster in tests: everybody who uses this has the same master key.
import { type Clock, systemClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { MessageMacs } from './message-macs.ts'

export const testMasterKey = new Uint8Array(32).fill(7)

export interface TestMacsOptions {
  masterKeys?: readonly [Uint8Array, ...Uint8Array[]]
  acceptsUnsigned?: boolean
  clock?: Clock
  notices?: Notice[]
}

export function testMacs(options: TestMacsOptions = {}): MessageMacs {
  const { masterKeys = [testMasterKey], acceptsUnsigned = false, clock = systemClock, notices = [] } = options
  return new MessageMacs({ masterKeys, acceptsUnsigned, clock, notify: (notice) => void notices.push(notice) })
}
