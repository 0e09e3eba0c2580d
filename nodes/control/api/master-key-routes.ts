// The change of the master key: how far it is, and its one step.

import { json, problem } from '../http/answer.ts'
import type { MasterKeyChange } from '../master-key/master-key.ts'
import { masterKeyBody, problemBody, rewrappedBody } from './answers.ts'
import { writeProblems } from './resource-routes.ts'
import type { Route } from './route.ts'

export interface MasterKeyRouteOptions {
  masterKey: MasterKeyChange
}

export function masterKeyRoutes({ masterKey }: MasterKeyRouteOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/master-key',
      summary: 'What a previous master key is still needed for',
      access: 'administrator',
      answers: { 200: masterKeyBody, 503: problemBody },
      handle: async () => {
        const standing = await masterKey.standing()
        return standing.ok ? json(200, standing.value) : problem(standing.error)
      },
    },
    {
      method: 'POST',
      path: '/api/v1/master-key:rewrap',
      summary: 'Wrap every data key under the current master key',
      access: 'administrator',
      answers: { 200: rewrappedBody, ...writeProblems },
      handle: async ({ caller }) => {
        const rewrapped = await masterKey.rewrap(caller.actor)
        return rewrapped.ok ? json(200, rewrapped.value) : problem(rewrapped.error)
      },
    },
  ]
}
