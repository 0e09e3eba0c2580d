import { expect, test } from 'vitest'
import { csvLine, textCell } from './csv.ts'

test.each([
  ['plain', 'plain'],
  ['', ''],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  ['=1+1', "'=1+1"],
  ['+49', "'+49"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\tcmd', "'\tcmd"],
  ['\r=x', '"\'\r=x"'],
  ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  [' =1', "' =1"],
  ['\u00a0@x', "'\u00a0@x"],
  ['＝1', "'＝1"],
  ['＠x', "'＠x"],
  [' a', ' a'],
  ['a=b', 'a=b'],
])('the cell of %j', (text, cell) => expect(textCell(text)).toBe(cell))

test('lines end as the standard says', () => {
  expect(csvLine(['a', 'b'])).toBe('a,b\r\n')
})
