import { expect, test } from 'vitest'
import { connectProvider, TargetHealthTable } from './endpoint.ts'
import { testConnectOptions } from './test-connect.ts'

test.each([
  [false, undefined, 'no-metadata'],
  [true, undefined, 'public-only'],
  [true, false, 'public-only'],
  [true, true, 'any'],
  [false, true, 'any'],
] as const)(
  'with strict egress %s and allowPrivate %s connections may go to: %s',
  (egressStrict, allowPrivate, egress) => {
    const spec = { kind: 'openai', ...(allowPrivate === undefined ? {} : { allowPrivate }) } as const
    const connection = connectProvider('a', spec, testConnectOptions({ egressStrict }))
    expect(connection?.origin.egress).toBe(egress)
  },
)

test('names that callers invent cannot fill the book, and what is in flight is not forgotten', () => {
  const book = new TargetHealthTable()
  const busy = book.of('m', 'p', 'busy')
  busy.inFlight = 1
  for (let n = 0; n < 10_000; n++) book.of(`p/invented-${n}`, 'p', `invented-${n}`).failuresInRow = 1
  expect(book.of('m', 'p', 'busy')).toBe(busy)
  expect(book.of('p/invented-0', 'p', 'invented-0').failuresInRow).toBe(0)
})
