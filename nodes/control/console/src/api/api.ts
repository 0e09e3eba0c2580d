// The admin API as the console sees it: one function per call that a page makes.
import { createClient } from './client.ts'
import { fleetCalls } from './fleet.ts'
import { keyCalls } from './keys.ts'
import { modelCalls } from './models.ts'
import { objectiveCalls } from './objectives.ts'
import { requestCalls } from './requests.ts'
import { sessionCalls } from './session.ts'
import { usageCalls } from './usage.ts'

export type Api = ReturnType<typeof createApi>

export function createApi(options: { fetch: typeof fetch; onSignedOut: () => void }) {
  const client = createClient(options)
  return {
    ...sessionCalls(client),
    ...keyCalls(client),
    ...modelCalls(client),
    ...requestCalls(client),
    ...usageCalls(client),
    ...fleetCalls(client),
    ...objectiveCalls(client),
  }
}
