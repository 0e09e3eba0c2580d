// Whether an OpenAI-compatible server listens on a port of this machine. Through `node:http`, because `fetch` would stay in
// memory for the sake of two requests.
import type { IncomingMessage } from 'node:http'
import { get } from '../../shared/node-http.ts'

const timeoutMs = 300
/** A list of models is smaller; who sends more is something else. */
const bodyBytesMax = 1 << 20

export function speaksOpenAi(baseUrl: string): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const request = get(`${baseUrl}/models`, { agent: false, signal }, (response) => {
      readBody(response).then((body) => resolve(response.statusCode === 200 && isModelList(body)), refuse)
    })
    const refuse = () => {
      request.destroy()
      resolve(false)
    }
    request.on('error', refuse)
  })
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw new Error('too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function isModelList(body: string): boolean {
  try {
    return Array.isArray((JSON.parse(body) as { data?: unknown } | null)?.data)
  } catch {
    return false
  }
}
