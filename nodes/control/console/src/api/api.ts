// The admin API as the console sees it: one function per call that a page makes.
import { type ClientOptions, createClient } from './client.ts'
import { fleetCalls } from './fleet.ts'
import { keyCalls } from './keys.ts'
import { modelCalls } from './models.ts'
import { objectiveCalls } from './objectives.ts'
import { requestCalls } from './requests.ts'
import { sessionCalls } from './session.ts'
import { usageCalls } from './usage.ts'

export type Api = ReturnType<typeof createApi>

export function createApi(options: ClientOptions) {
  const client = createClient(options)
  return {
    ...sessionCalls(client, options.secret),
    ...keyCalls(client),
    ...modelCalls(client),
    ...requestCalls(client),
    ...usageCalls(client),
    ...fleetCalls(client),
    ...objectiveCalls(client),
  }
}
