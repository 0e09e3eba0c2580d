import { describe, expect, test } from 'vitest'
import { Lease, type LeaseStep } from './lease.ts'
import type { LeaseRecord } from './lease-store.ts'
import { Register, wallMs } from './test-lease-register.ts'

const givenBack: LeaseRecord = { owner: '', epoch: 1, beat: 1, sequence: 1 }

describe('a candidate', () => {
  test('takes what nobody holds, and renews it each second', () => {
    const alone = new Candidate('a', new Register(givenBack))
    alone.lease.wish('hold')
    expect(alone.run(0)).toEqual(['read', 'write'])
    expect(alone.run(900)).toEqual([])
    expect(alone.run(1_000)).toEqual(['write'])
    expect(alone.lease.holds(3_999)).toBe(1_700_000_000)
    expect(alone.lease.holds(4_000)).toBeUndefined()
  })

  test('what was never held, or was lost with its store, is taken after the whole patience too', () => {
    const alone = new Candidate('a', new Register(undefined))
    alone.lease.wish('hold')
    for (let ms = 0; ms < 3_500; ms += 100) alone.run(ms)
    expect(alone.lease.holds(3_499)).toBeUndefined()
    alone.run(3_600)
    expect(alone.lease.holds(3_600)).toBe(1_700_000_000)
  })

  test('waits until it has looked at the same write for its whole patience, with a higher epoch', () => {
    const store = new Register(givenBack)
    const first = new Candidate('a', store)
    const second = new Candidate('b', store)
    first.lease.wish('hold')
    first.run(0)
    second.lease.wish('watch')
    second.run(100)
    second.lease.wish('hold')
    for (let ms = 500; ms < 3_600; ms += 100) second.run(ms)
    expect(second.lease.holds(3_599)).toBeUndefined()
    second.run(3_700)
    expect(second.lease.holds(3_700)).toBe(1_700_000_001)
  })

  test('gives back what it no longer wants, and the next one need not wait', () => {
    const store = new Register(givenBack)
    const first = new Candidate('a', store)
    const second = new Candidate('b', store)
    first.lease.wish('hold')
    first.run(0)
    first.lease.wish('ignore')
    first.run(200)
    expect(first.lease.holds(200)).toBeUndefined()
    second.lease.wish('hold')
    second.run(300)
    expect(second.lease.holds(300)).toBe(1_700_000_001)
  })

  test('an epoch that was heard of is never used again, though the store has forgotten it', () => {
    const candidate = new Candidate('a')
    candidate.lease.hear(1_700_050_000)
    candidate.lease.wish('hold')
    candidate.run(0)
    expect(candidate.lease.holds(0)).toBe(1_700_050_001)
  })

  test('an epoch that a clock far ahead has made, which nobody believes, is not gone on from', () => {
    const left = new Candidate('a', new Register({ owner: '', epoch: 2_000_000_000, beat: 1, sequence: 1 }))
    left.lease.wish('hold')
    left.run(0)
    expect(left.lease.holds(0)).toBe(1_700_000_000)
    const own = new Candidate('b')
    own.lease.wish('hold')
    own.run(0, wallMs + 1e12)
    expect(own.lease.holds(0)).toBe(2_700_000_000)
    // Its clock is set right while it holds.
    for (let ms = 1_000; ms < 3_000; ms += 100) own.run(ms)
    expect(own.lease.holds(2_900)).toBe(1_700_000_000)
  })

  test('a write without an answer that was stored after all counts from when it was sent', () => {
    const candidate = new Candidate('a')
    candidate.lease.wish('hold')
    candidate.run(0)
    const renewal = candidate.lease.next(1_000, wallMs)
    candidate.store.apply(renewal as LeaseStep & { type: 'write' })
    candidate.lease.onWritten({ type: 'unknown' }, 2_500)
    candidate.run(2_900)
    expect(candidate.lease.holds(3_999)).toBeDefined()
  })

  test('believes from when it sent its write, however late the answer', () => {
    const candidate = new Candidate('a')
    candidate.lease.wish('hold')
    candidate.lease.next(0, wallMs)
    candidate.lease.onRead(candidate.store.record, 0)
    const write = candidate.lease.next(10, wallMs) as LeaseStep & { type: 'write' }
    candidate.lease.onWritten({ type: 'stored', sequence: candidate.store.apply(write)! }, 1_900)
    expect([candidate.lease.holds(3_009), candidate.lease.holds(3_010)]).toEqual([1_700_000_000, undefined])
  })

  test('a look that shows the past makes it believe nothing that it gave up', () => {
    const candidate = new Candidate('a')
    candidate.lease.wish('hold')
    candidate.run(0)
    const past = candidate.store.record
    candidate.lease.wish('ignore')
    // The release was stored, but the candidate does not know.
    candidate.store.apply(candidate.lease.next(100, wallMs) as LeaseStep & { type: 'write' })
    candidate.lease.onWritten({ type: 'unknown' }, 150)
    candidate.lease.wish('hold')
    expect(candidate.lease.next(600, wallMs)).toEqual({ type: 'read' })
    candidate.lease.onRead(past, 610)
    expect(candidate.lease.holds(610)).toBeUndefined()
  })

  test('a store that lost everything is written anew, under another epoch', () => {
    const candidate = new Candidate('a')
    candidate.lease.wish('hold')
    candidate.run(0)
    candidate.store.record = undefined
    for (let ms = 1_000; ms < 6_000; ms += 100) candidate.run(ms)
    expect(candidate.lease.holds(6_000)).toBeGreaterThan(1_700_000_000)
  })
})

/** A candidate whose store answers at once. */
class Candidate {
  readonly lease: Lease
  readonly store: Register

  constructor(owner: string, store = new Register(givenBack)) {
    this.lease = new Lease(owner)
    this.store = store
  }

  run(nowMs: number, clockMs = wallMs): string[] {
    const steps: string[] = []
    for (let step = this.lease.next(nowMs, clockMs); step !== undefined; step = this.lease.next(nowMs, clockMs)) {
      steps.push(step.type)
      if (step.type === 'read') this.lease.onRead(this.store.record, nowMs)
      else {
        const sequence = this.store.apply(step)
        this.lease.onWritten(sequence === undefined ? { type: 'refused' } : { type: 'stored', sequence }, nowMs)
      }
    }
    return steps
  }
}
