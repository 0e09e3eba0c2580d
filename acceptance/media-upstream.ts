// A local server with OpenAI's endpoints that are not about chat. It keeps each request's bytes as they came, and answers
// what a test has put at the path.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface MediaRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export type MediaAnswer = (request: MediaRequest, response: ServerResponse) => void

export interface MediaUpstream {
  readonly url: string
  readonly seen: MediaRequest[]
  /** Path without query → what it answers; 404 where there is nothing. */
  readonly answers: Map<string, MediaAnswer>
  stop(): Promise<void>
}

export async function startMediaUpstream(): Promise<MediaUpstream> {
  const seen: MediaRequest[] = []
  const answers = new Map<string, MediaAnswer>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const one = { method, path, headers, body: Buffer.concat(chunks) }
      seen.push(one)
      const answer = answers.get(path.replace(/\?.*/, ''))
      if (answer !== undefined) answer(one, response)
      else
        json({ error: { message: 'Not here.', type: 'invalid_request_error', param: null, code: null } }, 404)(
          one,
          response,
        )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answers,
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

export function json(body: unknown, status = 200): MediaAnswer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}

/** Answers with server-sent events that are named after their types. */
export function events(list: readonly ({ type: string } & Record<string, unknown>)[]): MediaAnswer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    for (const event of list) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    response.end()
  }
}
