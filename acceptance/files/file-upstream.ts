// A local server that keeps files and batches as OpenAI's does, in one account per key. It runs no batch: a test finishes one.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface KeptFile {
  readonly id: string
  readonly filename: string
  readonly purpose: string
  readonly content: Buffer
  readonly bytes: number
}

// biome-ignore lint/suspicious/noExplicitAny: tests read into objects whose shape they assert
export type KeptBatch = Record<string, any>

export interface Account {
  readonly files: Map<string, KeptFile>
  readonly batches: Map<string, KeptBatch>
}

export interface FileUpstream {
  readonly url: string
  /** The account that belongs to an API key. */
  account(key: string): Account
  readonly seen: { readonly method: string; readonly path: string }[]
  /** Answers with a status in the place of what was asked; undefined serves. */
  failure: (request: { readonly method: string; readonly path: string }) => number | undefined
  /** Items of one page. */
  pageMax: number
  stop(): Promise<void>
}

export async function startFileUpstream(): Promise<FileUpstream> {
  const accounts = new Map<string, Account>()
  const account = (key: string): Account => {
    const known = accounts.get(key) ?? { files: new Map(), batches: new Map() }
    accounts.set(key, known)
    return known
  }
  const upstream: Omit<FileUpstream, 'url' | 'stop'> = {
    account,
    seen: [],
    pageMax: 100,
    failure: () => undefined,
  }
  const server = createServer((request, response) => {
    const key = (request.headers.authorization ?? '').replace('Bearer ', '')
    upstream.seen.push({ method: request.method ?? '', path: request.url ?? '' })
    const status = upstream.failure({ method: request.method ?? '', path: request.url ?? '' })
    if (status !== undefined) {
      request.resume()
      request.on('end', () => response.writeHead(status, { 'content-type': 'text/plain' }).end('out of order'))
      return
    }
    void serve(request, response, account(key), upstream.pageMax)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(upstream, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  })
}

let ids = 0
const newId = (prefix: string) => `${prefix}${(++ids).toString().padStart(6, '0')}`

export function keep(account: Account, file: Omit<KeptFile, 'id' | 'bytes'>): KeptFile {
  const kept = { id: newId('file-'), bytes: file.content.length, ...file }
  account.files.set(kept.id, kept)
  return kept
}

async function serve(request: IncomingMessage, response: ServerResponse, account: Account, pageMax: number) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const tell = (value: object, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  const url = new URL(request.url ?? '', 'http://upstream')
  if (url.pathname === '/v1/responses') return tell(answerAbout(account, JSON.parse(body.toString())))
  const missing = () =>
    tell({ error: { message: 'No such object.', type: 'invalid_request_error', param: 'id', code: null } }, 404)
  const [, collection, id, sub] = /^\/v1\/(files|batches)(?:\/([\w-]+)(?:\/(\w+))?)?$/.exec(url.pathname) ?? []
  if (collection === undefined) return missing()
  const { method = '' } = request
  if (id === undefined) {
    if (method === 'GET') return tell(pageOf(collection === 'files' ? account.files : account.batches, url, pageMax))
    return collection === 'files'
      ? tell(await upload(account, request, body))
      : tell(create(account, JSON.parse(body.toString())))
  }
  const file = account.files.get(id)
  if (collection === 'files') {
    if (file === undefined) return missing()
    if (sub === 'content')
      return response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(file.content)
    if (method === 'DELETE') account.files.delete(id)
    return tell(method === 'DELETE' ? { id, object: 'file', deleted: true } : shown(file))
  }
  const batch = account.batches.get(id)
  if (batch === undefined) return missing()
  if (sub === 'cancel') batch['status'] = 'cancelling'
  return tell(batch)
}

/** Says which of the files that it knows a request names. */
function answerAbout(account: Account, asked: object): object {
  const known = [...account.files.values()].filter(({ id }) => JSON.stringify(asked).includes(`"${id}"`))
  const text = known.map(({ filename }) => filename.replace(/^hg\.[\w-]+\./, '')).join(', ')
  const message = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' }
  const output = [{ ...message, content: [{ type: 'output_text', text, annotations: [] }] }]
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 }
  return { id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'x', output, usage }
}

const shown = ({ content: _, ...file }: KeptFile) => ({ object: 'file', created_at: 1, status: 'processed', ...file })

async function upload(account: Account, request: IncomingMessage, body: Buffer) {
  const headers = { 'content-type': request.headers['content-type'] ?? '' }
  const form = await new Response(new Uint8Array(body), { headers }).formData()
  const file = form.get('file') as File
  const content = Buffer.from(await file.arrayBuffer())
  return shown(keep(account, { filename: file.name, purpose: String(form.get('purpose')), content }))
}

function create(account: Account, asked: Record<string, unknown>): KeptBatch {
  const batch = { id: newId('batch_'), object: 'batch', status: 'validating', output_file_id: null, ...asked }
  account.batches.set(batch.id, batch)
  return batch
}

/** Newest first. */
function pageOf(objects: ReadonlyMap<string, KeptFile | KeptBatch>, url: URL, pageMax: number): object {
  const all = [...objects.values()].reverse().map((one) => ('content' in one ? shown(one as KeptFile) : one))
  const after = url.searchParams.get('after')
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
  const limit = Math.min(Number(url.searchParams.get('limit') ?? pageMax), pageMax)
  const data = all.slice(start, start + limit)
  return { object: 'list', data, has_more: start + limit < all.length }
}
