import fc from 'fast-check'
import { expect, test } from 'vitest'
import { subjectToken } from './subject-token.ts'

test('a plain name stays as it is, and any other becomes one token', () => {
  expect(subjectToken('proxy-1_a')).toBe('proxy-1_a')
  expect(subjectToken('eu.west *>')).toBe('eu=2ewest=20=2a=3e')
})

test('two names never become the same token', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (one, other) => {
      expect(subjectToken(one)).toMatch(/^[A-Za-z0-9_=-]+$/)
      // Half a surrogate pair has no bytes of its own.
      if (one.isWellFormed() && other.isWellFormed()) {
        expect(subjectToken(one) === subjectToken(other)).toBe(one === other)
      }
    }),
  )
})
