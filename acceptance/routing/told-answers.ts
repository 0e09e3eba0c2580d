// What the tests of this folder look at in an answer.
import { expect } from 'vitest'
import type { Told } from '../http.ts'

export const frames = (text: string) => text.split('\n\n').filter((frame) => frame !== '')

export function expectRefusal(told: Told, status: number, code: string | null, retry = false): void {
  expect([told.status, told.json?.error?.code, told.headers.get('x-should-retry')]).toEqual([status, code, `${retry}`])
  expect(Object.keys(told.json.error).sort()).toEqual(['code', 'message', 'param', 'type'])
  expect(told.headers.get('x-request-id')).toMatch(/^req_/)
  expect(told.headers.get('x-headgate-attempts')).toMatch(/^\d+$/)
  expect(told.text).not.toMatch(/<html|sk-upstream-canary/)
}
