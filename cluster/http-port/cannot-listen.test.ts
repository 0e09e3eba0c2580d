import { expect, test } from 'vitest'
import { cannotListen } from './cannot-listen.ts'

test.each([
  ['EADDRINUSE', 'the port is taken. Stop what listens there, or set HEADGATE_CONTROL_PORT to a free port.'],
  ['EADDRNOTAVAIL', "the address is not this machine's. Set HEADGATE_HOST to one that is."],
  ['ENOTFOUND', 'the host name is not known. Set HEADGATE_HOST to an address of this machine.'],
  ['EACCES', 'this user may not open the port. Set HEADGATE_CONTROL_PORT to a port from 1024 up.'],
  [
    undefined,
    "the port is taken or the address is not this machine's. Stop what listens there, or set HEADGATE_CONTROL_PORT to a free port.",
  ],
])('%s is told with what to do', (code, says) => {
  const problem = { variable: 'HEADGATE_CONTROL_PORT', host: '127.0.0.1', port: 8090, code } as const
  expect(cannotListen(problem)).toBe(`HEADGATE_CONTROL_PORT: cannot listen on 127.0.0.1:8090: ${says}`)
})
