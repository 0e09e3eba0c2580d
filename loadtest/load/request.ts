import type { Target } from './jobs.ts'

/** The request as it goes over the wire, made once and sent many times. */
export function renderRequest(target: Target): Buffer {
  const body = Buffer.from(target.body)
  const headers = { host: `127.0.0.1:${target.port}`, ...target.headers, 'content-length': `${body.length}` }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${target.method} ${target.path} HTTP/1.1\r\n${lines.join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}
