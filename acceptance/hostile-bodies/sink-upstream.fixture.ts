// An upstream in a process of its own that reads whatever it is sent without a look, and answers in the shape of each API.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
const message = { role: 'assistant', content: 'hi' }
const chat = { id: 'c', object: 'chat.completion', created: 1, model: 'm', usage }
const claude = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [{ type: 'text', text: 'hi' }] }
const output = [{ type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] }]

const answers: readonly (readonly [end: string, answer: object])[] = [
  ['/chat/completions', { ...chat, choices: [{ index: 0, message, finish_reason: 'stop' }] }],
  ['/messages', { ...claude, stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: 1 } }],
  ['/responses', { id: 'r', object: 'response', status: 'completed', model: 'm', output, store: false }],
  ['/embeddings', { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0] }], usage }],
  ['/files', { id: 'file-1', object: 'file', bytes: 1, created_at: 1, filename: 'a', purpose: 'batch' }],
  ['', { text: 'hi' }],
]

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    const path = request.url?.split('?')[0] ?? ''
    const [, answer] = answers.find(([end]) => path.endsWith(end)) ?? ['', {}]
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
