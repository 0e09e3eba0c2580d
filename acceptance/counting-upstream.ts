// An upstream that keeps a ledger of its own: what it was asked, by whom, and what it charged. The request says how it is answered.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What happens at the provider `a`; `b` always answers. */
export type Behaviour = 'answer' | 'stream' | 'hang' | 'fail' | 'reset' | 'cut'

export interface Asked {
  readonly id: string
  readonly does: Behaviour
  readonly afterMs: number
}

/** An attempt as the upstream saw it. */
export interface SeenAttempt {
  readonly id: string
  readonly provider: string
  /** What it charged in nano-dollars; undefined as long as it has not answered whole. */
  charged: number | undefined
}

export interface CountingUpstream {
  readonly url: string
  readonly seen: SeenAttempt[]
  stop(): Promise<void>
}

/** USD per million tokens, and the tokens of each answer. */
export const countedPrice = { inputPerMTok: 1, outputPerMTok: 2 }
export const answerNanoUsd = 13_000
const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }

export function bodyFor(asked: Asked, model: string) {
  const content = JSON.stringify(asked)
  return {
    model,
    max_tokens: 10,
    stream: asked.does === 'stream' || asked.does === 'cut',
    messages: [{ role: 'user', content }],
  }
}

export async function startCountingUpstream(): Promise<CountingUpstream> {
  const seen: SeenAttempt[] = []
  const server = createServer((request, response) => void answer(request, response, seen))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, seen: SeenAttempt[]): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = JSON.parse(Buffer.concat(chunks).toString()) as ReturnType<typeof bodyFor>
  const { id, does, afterMs } = JSON.parse(body.messages[0]?.content ?? '{}') as Asked
  const [, provider = ''] = (request.url ?? '').split('/')
  const one: SeenAttempt = { id, provider, charged: undefined }
  seen.push(one)
  const behaviour = provider === 'a' ? does : body.stream ? 'stream' : 'answer'
  if (behaviour === 'hang') return
  await pause(afterMs)
  if (response.destroyed) return
  if (behaviour === 'reset') {
    // A connection that is lost before the head could have been stale, and the request would be sent again by the client.
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    await pause(5)
    request.socket.destroy()
  } else if (behaviour === 'fail') end(response, 500, { error: { message: 'down' } })
  else if (behaviour === 'answer') {
    one.charged = answerNanoUsd
    const choices = [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }]
    end(response, 200, { ...facts, object: 'chat.completion', choices, usage })
  } else await stream(response, one, { isCut: behaviour === 'cut', afterMs })
}

const facts = { id: 'c1', created: 1, model: 'x' }
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function end(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

async function stream(
  response: ServerResponse,
  one: SeenAttempt,
  { isCut, afterMs }: { isCut: boolean; afterMs: number },
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (more: object) => {
    const event = { ...facts, object: 'chat.completion.chunk', ...more }
    response.write(`data: ${JSON.stringify(event)}\n\n`)
  }
  const delta = (content: string, finish: string | null) => ({
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  })
  for (const word of ['hel', 'lo']) {
    send(delta(word, null))
    await pause(afterMs)
  }
  if (isCut || response.destroyed) {
    response.destroy()
    return
  }
  one.charged = answerNanoUsd
  send(delta('', 'stop'))
  send({ choices: [], usage })
  response.end('data: [DONE]\n\n')
}
