import { expect, test } from 'vitest'
import { coloursWanted, printable, table } from './terminal.ts'

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ TERM: 'dumb' }, true, false],
])('with %j, on a terminal %s, colours are %s', (environment, isTty, wanted) => {
  expect(coloursWanted(environment, isTty)).toBe(wanted)
})

test('columns line up, and a name cannot move the cursor or turn the text around', () => {
  const text = table(
    ['name', 'n'],
    [
      ['a\u001b[2J', 1],
      ['long-name\u202e', undefined],
    ],
  )
  expect(text).toBe('NAME             N\na\\u001b[2J       1\nlong-name\\u202e')
  expect(printable('tab\tand\nline stay')).toBe('tab\tand\nline stay')
})
