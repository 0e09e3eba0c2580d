// Which models an OpenAI-compatible server on a port of this machine has. Through `node:http`, because `fetch` would stay in
// memory for the sake of two requests.
import type { IncomingMessage } from 'node:http'
import { get } from '../../shared/node-http.ts'

const timeoutMs = 300
/** A list of models is smaller; who sends more is something else. */
const bodyBytesMax = 1 << 20
const namesMax = 256
const callableName = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,127}$/

/** Names that can be called; undefined where no such server listens. */
export function modelsOfServer(baseUrl: string): Promise<string[] | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const request = get(`${baseUrl}/models`, { agent: false, signal }, (response) => {
      readBody(response).then((body) => resolve(response.statusCode === 200 ? namesIn(body) : undefined), refuse)
    })
    const refuse = () => {
      request.destroy()
      resolve(undefined)
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

function namesIn(body: string): string[] | undefined {
  try {
    const data = (JSON.parse(body) as { data?: unknown } | null)?.data
    if (!Array.isArray(data)) return undefined
    const ids = data.map((model: { id?: unknown } | null) => model?.id)
    return ids.filter((id): id is string => typeof id === 'string' && callableName.test(id)).slice(0, namesMax)
  } catch {
    return undefined
  }
}
