// Whether a request says for whom it is in the way that HTTP asks for. A server that answers other forms can disagree with the
// proxy in front of it about whom they mean.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { hostIsValid } from '../../shared/network/host-names.ts'

/** What is wrong with the Host header of a request. Undefined when it is sound. */
export function hostFault({ rawHeaders, httpVersion }: IncomingMessage): string | undefined {
  const hosts = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'host')
  const [host] = hosts
  // HTTP/1.0 has no such header; old health checks speak it.
  if (host === undefined) return httpVersion === '1.0' ? undefined : 'There is no Host header.'
  if (hosts.length > 1) return 'There is more than one Host header.'
  return hostIsValid(host) ? undefined : 'The Host header must hold one name or address, with an optional port.'
}

/** Answers 400 and closes the connection. */
export function refuseHost(outgoing: ServerResponse, detail: string): void {
  const title = 'The request is not well-formed HTTP'
  const body = JSON.stringify({ type: 'urn:headgate:problem:bad-framing', title, status: 400, detail })
  outgoing.writeHead(400, { 'content-type': 'application/problem+json', connection: 'close' }).end(body)
}
