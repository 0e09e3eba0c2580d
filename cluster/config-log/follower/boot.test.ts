import { expect, test } from 'vitest'
import { emptyState } from '../../../shared/config/fold.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { LogRefusal } from '../log/config-log.ts'
import { chooseVerdict, type Verdict, type Witnesses } from './boot.ts'

const hashAt = (revision: number) => String(revision).padStart(64, 'a')
const at = (revision: number): ConfigState => ({ ...emptyState(), revision, hash: hashAt(revision) })

const logAt = (revision: number): Witnesses['log'] => ({
  type: 'whole',
  state: revision === 0 ? emptyState() : at(revision),
  skipped: 0,
  stopped: undefined,
})
const refused = (refusal: LogRefusal, claims = 9): Witnesses['log'] => ({
  type: 'refused',
  refusal,
  prefix: undefined,
  claims,
})
const damagedLog = refused({ type: 'damaged', revision: 3, message: 'flipped' })
const rewoundLog = refused({ type: 'rewound', revision: 3, highWater: 9 })
const awayLog = refused({ type: 'unavailable', message: 'gone' }, 0)
const mark = (revision: number, hash = hashAt(revision)): Witnesses['mark'] => ({
  type: 'at',
  mark: { revision, hash },
  torn: false,
})
const absent: Witnesses['mark'] = { type: 'absent' }
const brokenMark: Witnesses['mark'] = { type: 'damaged', message: 'no slot verifies' }
const copy = (revision: number, damage?: string): Witnesses['copy'] => ({ state: at(revision), damage })
const noCopy: Witnesses['copy'] = { state: undefined, damage: undefined }
const brokenCopy: Witnesses['copy'] = { state: undefined, damage: 'a snapshot does not verify' }

const cases: [what: string, given: Witnesses, then: Partial<Verdict> & { revision?: number; says?: RegExp }][] = [
  ['nothing ever existed', { log: logAt(0), mark: absent, copy: noCopy }, { type: 'none' }],
  ['all agree', { log: logAt(9), mark: mark(9), copy: copy(9) }, { type: 'serve', revision: 9, source: 'log' }],
  ['a kill before the mark', { log: logAt(9), mark: mark(8), copy: copy(8) }, { type: 'serve', revision: 9 }],
  ['only the copy is broken', { log: logAt(9), mark: mark(9), copy: brokenCopy }, { type: 'serve', revision: 9 }],
  ['only the mark is broken', { log: logAt(9), mark: brokenMark, copy: copy(9) }, { type: 'serve', revision: 9 }],
  [
    'the log is damaged, the copy is at the mark',
    { log: damagedLog, mark: mark(9), copy: copy(9) },
    { type: 'serve', revision: 9, source: 'last-good', says: /damaged at revision 3/ },
  ],
  [
    'the log was rewound, the copy is at the mark',
    { log: rewoundLog, mark: mark(9), copy: copy(9) },
    { type: 'serve', revision: 9, source: 'last-good', says: /rewound/ },
  ],
  [
    'the log is away, the copy is at the mark',
    { log: awayLog, mark: mark(9), copy: copy(9) },
    { type: 'serve', revision: 9, source: 'last-good', says: /unavailable/ },
  ],
  [
    'the log is away, no mark is kept here',
    { log: awayLog, mark: absent, copy: copy(5) },
    { type: 'serve', revision: 5 },
  ],
  ['a new node, the log away', { log: awayLog, mark: absent, copy: noCopy }, { type: 'none' }],
  ['the copy is older than the mark', { log: damagedLog, mark: mark(9), copy: copy(8) }, { type: 'damaged' }],
  ['the copy is older, the log away', { log: awayLog, mark: mark(9), copy: copy(8) }, { type: 'damaged' }],
  [
    'the copy is older than the log claims, no mark',
    { log: damagedLog, mark: absent, copy: copy(8) },
    { type: 'damaged' },
  ],
  [
    'the copy is another than was marked',
    { log: damagedLog, mark: mark(9, 'f'.repeat(64)), copy: copy(9) },
    { type: 'damaged' },
  ],
  ['log and mark are broken', { log: damagedLog, mark: brokenMark, copy: copy(9) }, { type: 'damaged' }],
  ['log and copy are broken', { log: damagedLog, mark: mark(9), copy: brokenCopy }, { type: 'damaged' }],
  ['the log is damaged, there is no copy', { log: damagedLog, mark: mark(9), copy: noCopy }, { type: 'damaged' }],
  ['an empty log under a broken mark', { log: logAt(0), mark: brokenMark, copy: noCopy }, { type: 'damaged' }],
  ['an empty log beside a broken copy', { log: logAt(0), mark: absent, copy: brokenCopy }, { type: 'damaged' }],
  [
    'only what was never acknowledged is damaged',
    { log: { ...damagedLog, prefix: at(8) } as Witnesses['log'], mark: mark(8), copy: copy(7) },
    { type: 'serve', revision: 8, says: /damaged/ },
  ],
]

test.each(cases)('%s', (_what, given, { revision, says, ...then }) => {
  const verdict = chooseVerdict(given)
  expect(verdict).toMatchObject(then)
  if (revision !== undefined) expect(verdict).toMatchObject({ state: { revision, hash: hashAt(revision) } })
  const degraded = verdict.type === 'serve' ? verdict.degraded : undefined
  if (says !== undefined) expect(degraded).toMatch(says)
  else if (given.log.type === 'whole') expect(degraded).toBeUndefined()
})
