// Requests to the test server as bytes.
import { expect } from 'vitest'
import { key } from './test-handler.ts'

export const line = 'POST /v1/echo HTTP/1.1\r\n'
export const host = 'Host: gate\r\n'
export const auth = `Authorization: Bearer ${key}\r\n`
export const json = 'Content-Type: application/json\r\n'
export const common = host + auth + json
export const hidden = `GET /hidden HTTP/1.1\r\n${host}${auth}\r\n`

export function post(headers: string, body: string): string {
  return `${line}${common}${headers}\r\n${body}`
}

export function get(raw: string): string {
  return `GET /v1/echo HTTP/1.1\r\n${raw}\r\n`
}

/** Every answer of ours is JSON and carries a request id. */
export function expectOurs(text: string): void {
  expect(text.toLowerCase()).toContain('x-request-id: ')
  expect(text.toLowerCase()).toContain('content-type: application/json')
}
