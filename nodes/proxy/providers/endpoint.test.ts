import { expect, test } from 'vitest'
import { connectProvider } from './endpoint.ts'
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
