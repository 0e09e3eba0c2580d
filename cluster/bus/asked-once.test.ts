import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AskedOnce } from './asked-once.ts'

test('each question is let through once, in whatever order they come within the window', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 200 }), (numbers) => {
      const asked = new AskedOnce()
      const heard = new Set<number>()
      for (const number of numbers) {
        expect(asked.isNew(`_INBOX.a.${number}`)).toBe(!heard.has(number))
        heard.add(number)
      }
    }),
  )
})

test('what is far behind is old, askers are told apart, and their number is bounded', () => {
  const asked = new AskedOnce()
  for (let number = 1; number <= 10_000; number++) expect(asked.isNew(`_INBOX.a.${number}`)).toBe(true)
  expect([asked.isNew('_INBOX.a.9000'), asked.isNew('_INBOX.a.1'), asked.isNew('_INBOX.b.1')]).toEqual([
    false,
    false,
    true,
  ])
  for (let other = 0; other < 2_000; other++) asked.isNew(`_INBOX.${other}.1`)
  expect([asked.knows('_INBOX.a.1'), asked.knows('_INBOX.1999.7')]).toEqual([false, true])
  expect(asked.isNew('_INBOX.a.no-number')).toBe(false)
})
