// An upstream whose pace and health a test turns while it runs.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface AnsweringUpstream {
  readonly url: string
  /** Time between a request and its whole answer. */
  delayMs: number
  status: number
  /** Requests answered so far. */
  readonly answered: number
  stop(): Promise<void>
}

const completion = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 },
})
const error = JSON.stringify({ error: { message: 'Out of order.', type: 'server_error', param: null, code: null } })

export async function startAnsweringUpstream(): Promise<AnsweringUpstream> {
  let answered = 0
  const server = createServer((request, response) => {
    request.resume()
    setTimeout(() => {
      answered++
      const { status } = upstream
      response.writeHead(status, { 'content-type': 'application/json' }).end(status === 200 ? completion : error)
    }, upstream.delayMs)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const upstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delayMs: 10,
    status: 200,
    get answered() {
      return answered
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return upstream
}
