// An upstream whose every answer a test writes down: status, headers, and bytes in the pieces in which they are to come.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: tests read into bodies whose shape they assert
  readonly body: any
  /** Whether the other side left before it had all. */
  left: boolean
}

export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Record<string, string>
  /** Sent one after the other. A promise among them is waited for: what follows it cannot be read together with what precedes it. */
  readonly pieces?: readonly (string | Buffer | Promise<unknown>)[]
  readonly pauseMs?: number
  /** The connection breaks after the pieces. */
  readonly breaks?: boolean
  /** Nothing follows the pieces, and the connection stays. */
  readonly hangs?: boolean
}

export interface ScriptedUpstream {
  readonly url: string
  readonly seen: SeenRequest[]
  stop(): Promise<void>
}

export async function startScriptedUpstream(
  answer: (request: SeenRequest, index: number) => ScriptedAnswer,
): Promise<ScriptedUpstream> {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        body: text === '' ? {} : JSON.parse(text),
        left: false,
      }
      response.on('close', () => {
        one.left = !response.writableFinished
      })
      void play(response, answer(one, seen.push(one) - 1))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

async function play(response: ServerResponse, answer: ScriptedAnswer): Promise<void> {
  const { status = 200, headers = { 'content-type': 'application/json' }, pieces = [], pauseMs = 0 } = answer
  response.writeHead(status, headers)
  response.flushHeaders()
  for (const piece of pieces) {
    if (response.destroyed) return
    if (piece instanceof Promise) await piece
    else response.write(piece)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  if (answer.breaks === true) response.socket?.resetAndDestroy()
  else if (answer.hangs !== true) response.end()
}

export const eventStream = { 'content-type': 'text/event-stream; charset=utf-8' }

/** Server-sent events without names, as OpenAI frames them. */
export function dataEvents(events: readonly unknown[], end: readonly string[] = ['data: [DONE]\n\n']): string[] {
  return [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), ...end]
}

/** Server-sent events that are named after their types, as Anthropic frames them. */
export function namedEvents(events: readonly ({ readonly type: string } & Record<string, unknown>)[]): string[] {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
}
