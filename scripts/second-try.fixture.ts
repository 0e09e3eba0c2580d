// Tests for the test of the tally: one passes, one passes at its second try, one never does.
import { expect, test } from 'vitest'

let tries = 0

test('passes', () => expect(tries).toBe(0))
test('passes at its second try', () => expect(tries++).toBe(1))
test('never passes', () => expect(1).toBe(2))
