import { expect, test } from 'vitest'
import { hostIsKnown } from '../../../shared/network/host-names.ts'
import { originIsForeign } from './host-check.ts'

test.each(['localhost', 'localhost:8090', '127.0.0.1:8090', '[::1]:8090', 'LOCALHOST', '10.1.2.3', 'app.localhost:1'])(
  '%s cannot be rebound and is served',
  (host) => expect(hostIsKnown(host, [])).toBe(true),
)

test.each(['evil.com', 'evil.com:8090', 'a@b', 'a/b', 'localhost:99999', '', 'localhost.evil.com', '127.0.0.1.nip.io'])(
  '%j is refused while nobody configured it',
  (host) => expect(hostIsKnown(host, [])).toBe(false),
)

test('a configured name is served with any port and in any case', () => {
  expect(hostIsKnown('Gate.Example.com:443', ['gate.example.com'])).toBe(true)
  expect(hostIsKnown('other.example.com', ['gate.example.com'])).toBe(false)
})

test.each([
  [undefined, 'localhost:8090', false],
  ['http://localhost:8090', 'localhost:8090', false],
  ['https://gate.example.com', 'gate.example.com', false],
  ['http://localhost:3000', 'localhost:8090', true],
  ['http://evil.com', 'localhost:8090', true],
  ['null', 'localhost:8090', true],
  ['', 'localhost:8090', true],
])('origin %s at host %s: foreign is %s', (origin, host, foreign) => {
  expect(originIsForeign(origin, host)).toBe(foreign)
})
