import { expect, test } from 'vitest'
import { Gateway, problemsOf } from '../../test-config.ts'

test.each<[string, object, string]>([
  ['without a match', {}, 'blocks.x.match: is required: a map of fields'],
  ['of everybody', { match: {} }, 'blocks.x.match: expected one of session, key, user, app, team, costCenter at least'],
  ['of a planet', { match: { key: 'k', planet: 'mars' } }, 'blocks.x.match.planet: unknown field "planet"'],
  [
    'until some day',
    { match: { key: 'key_1' }, until: 'some day' },
    'blocks.x.until: expected a time such as 2030-01-31T12:00:00Z',
  ],
])('a block %s is refused with its path', (_, input, problem) => {
  expect(problemsOf(new Gateway().put('blocks', 'x', input))).toEqual([problem])
})

test('whom a block stops need not be configured', () => {
  const match = { user: 'ann@example.com', session: 'run 17', team: 'gone' }
  expect(new Gateway().put('blocks', 'x', { match, reason: 'it runs in a circle' }).ok).toBe(true)
})

test('there are at most 1024 blocks', () => {
  const block = { match: { key: 'key_1' } }
  const document = (count: number) =>
    JSON.stringify({ blocks: Object.fromEntries(Array.from({ length: count }, (_, i) => [`b${i}`, block])) })
  expect(problemsOf(new Gateway().apply(document(1_025)))).toEqual(['blocks: expected at most 1024 blocks'])
  expect(new Gateway().apply(document(1_024)).ok).toBe(true)
})

test.each([
  ['a month that there is not', '2030-13-01T12:00:00Z'],
  ['a day that there is not', '2030-02-30T12:00:00Z'],
  ['an hour that there is not', '2030-01-31T25:00:00Z'],
])('a block until %s is refused, because it would never end', (_, until) => {
  expect(problemsOf(new Gateway().put('blocks', 'x', { match: { user: 'ann' }, until }))).toEqual([
    'blocks.x.until: expected a time such as 2030-01-31T12:00:00Z',
  ])
})

test.each(['run ', ' run', 'run-ä', '运行', '运'])(
  'a block of a session %j, which no header carries so, is refused',
  (session) => {
    expect(problemsOf(new Gateway().put('blocks', 'x', { match: { session } }))).toEqual([
      'blocks.x.match.session: expected a name as a header carries it: without blanks around it, and with a last character of ASCII',
    ])
  },
)

test('a block of a session can name whatever a header holds', () => {
  for (const session of ['x'.repeat(16_000), 'a b', 'bö1'])
    expect(new Gateway().put('blocks', 'x', { match: { session } }).ok).toBe(true)
  expect(new Gateway().put('blocks', 'x', { match: { user: 'x'.repeat(257) } }).ok).toBe(false)
})
