import { expect, test } from 'vitest'
import type { UpstreamError } from '../upstream/upstream.ts'
import { errorRow } from './error-table.ts'
import { failureAt, failureOfError } from './upstream-failure.ts'

test.each<[UpstreamError['type'], string, string]>([
  ['connect', 'getaddrinfo ENOTFOUND llm.internal', 'could not be reached: its host name is not known.'],
  ['connect', 'getaddrinfo EAI_AGAIN llm.internal', 'could not be reached: its host name could not be looked up now.'],
  [
    'connect',
    'connect ECONNREFUSED 10.0.0.7:443',
    'could not be reached: the connection was refused, so nothing listens there.',
  ],
  ['connect', 'connect ETIMEDOUT 10.0.0.7:443', 'could not be reached: the connection timed out.'],
  ['connect', 'connect EHOSTUNREACH 10.0.0.7:443', 'could not be reached: there is no route to its host.'],
  ['connect', 'something new at 10.0.0.7', 'could not be reached.'],
  ['connect-timeout', 'no connection in 5000 ms', 'could not be connected to in time.'],
  ['tls', 'certificate has expired', 'could not be verified over TLS: its certificate has expired.'],
  ['tls', 'self-signed certificate', 'could not be verified over TLS: its certificate is self-signed.'],
  [
    'tls',
    "Hostname/IP does not match certificate's altnames: Host: llm.internal. is not in the cert's altnames",
    'could not be verified over TLS: its certificate is for another host name.',
  ],
  [
    'tls',
    'unable to verify the first certificate',
    'could not be verified over TLS: its certificate was issued by an authority that is not known here.',
  ],
  [
    'tls',
    'write EPROTO ssl3_get_record:wrong version number',
    'could not be verified over TLS: it does not speak TLS at this port.',
  ],
  ['tls', 'something new of 10.0.0.7', 'could not be verified over TLS.'],
  ['reset', 'https://llm.internal: closed', 'closed the connection before it had answered.'],
])('%s: %s is told with the provider and the cause, without an address', (type, message, told) => {
  const failure = failureOfError({ type, sent: false, message: `https://llm.internal: ${message}` })
  expect(errorRow(failureAt(failure, 'ours').error).message).toBe(`The provider \`ours\` ${told}`)
  expect(failure.said).toContain(message.slice(0, 20))
})
