import { describe, expect, test } from 'vitest'
import type { BlockSpec } from '../../../shared/config/kinds/blocks/spec.ts'
import { type BlockedBy, Blocks } from './blocks.ts'
import type { Caller } from './callers.ts'

const nowMs = Date.parse('2026-11-30T12:00:00Z')
const caller = { keyId: 'key_1', team: 'search', app: '', costCenter: '4711' } as Caller

function request(more: Partial<BlockedBy> = {}, session?: string): BlockedBy {
  const header = (name: string) => (name === 'x-headgate-session-id' ? session : undefined)
  return { caller, user: 'ann', head: { header }, ...more }
}

function blocksOf(...specs: BlockSpec[]): Blocks {
  return new Blocks(new Map(specs.map((spec, index) => [`b${index}`, { spec, origin: 'api', revision: 1 }])))
}

test.each<[string, BlockSpec['match'], boolean]>([
  ['its key', { key: 'key_1' }, true],
  ['another key', { key: 'key_2' }, false],
  ['its user', { user: 'ann' }, true],
  ['its team', { team: 'search' }, true],
  ['its cost centre', { costCenter: '4711' }, true],
  ['an app that it has not', { app: 'bot' }, false],
  ['its session', { session: 'run-1' }, true],
  ['its key in another session', { key: 'key_1', session: 'run-2' }, false],
  ['its key in its session', { key: 'key_1', session: 'run-1' }, true],
  ['its team and another user', { team: 'search', user: 'bob' }, false],
])('a request is stopped by a block of %s or not', (_, match, isStopped) => {
  expect(blocksOf({ match }).of(request({}, 'run-1'), nowMs) !== undefined).toBe(isStopped)
})

describe('a block', () => {
  test('ends by itself', () => {
    const blocks = blocksOf({ match: { team: 'search' }, until: '2026-11-30T12:00:01Z' })
    expect(blocks.of(request(), nowMs)).toMatchObject({ name: 'b0', reason: '' })
    expect(blocks.of(request(), nowMs + 1_000)).toBeUndefined()
  })

  test('that has ended does not hide another one', () => {
    const [ended, lasting] = [
      { match: { team: 'search' }, until: '2020-01-01T00:00:00Z' },
      { match: { team: 'search' } },
    ]
    expect(blocksOf(ended, lasting).of(request(), nowMs)?.name).toBe('b1')
  })

  test('of nobody in particular stops nobody', () => {
    expect(blocksOf({ match: {} }).of(request(), nowMs)).toBeUndefined()
  })

  test('without blocks no header is read', () => {
    const head = { header: () => expect.unreachable('a header was read') }
    expect(new Blocks().of(request({ head }), nowMs)).toBeUndefined()
  })
})
