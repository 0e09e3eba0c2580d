// A control node whose admin API is held against its own OpenAPI document: every answer must be one that it describes.
import assert from 'node:assert/strict'
import { describedBy } from './described.ts'
import { ask, type StartedControl, startedControl, type Told } from './started-control.ts'

export interface DescribedControl extends StartedControl {
  /** Asks what the document need not describe. */
  undescribed: StartedControl['admin']
  revisionNow(): Promise<number>
}

export async function describedControl(): Promise<DescribedControl> {
  const control = await startedControl()
  const check = describedBy((await ask(`${control.url}/openapi.json`, 'GET')).json)
  const admin = async (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Told> => {
    const told = await control.admin(method, path, body, headers)
    check(method, `/api/v1${path}`, told)
    assert.match(told.headers.get('x-request-id') ?? '', /^[\w.:-]+$/)
    return told
  }
  return {
    ...control,
    admin,
    undescribed: control.admin,
    revisionNow: async () => (await admin('GET', '/config')).json.revision,
  }
}
