// Callers who count: each request has an id of its own, and what was answered to its last byte goes on a list, to be found
// again in the history of requests exactly once.
import type { ClusterNode } from './cluster.ts'
import type { Gateway } from './gateway.ts'
import { ask } from './http.ts'
import { sleep } from './until.ts'

export interface BilledLoadOptions {
  readonly proxies: readonly ClusterNode[]
  readonly key: string
  readonly model: string
  /** Lanes at each proxy. Every other request of a lane is a stream. */
  readonly lanes: number
  /** Pause between two requests of a lane. */
  readonly pauseMs?: number
}

export interface BilledLoad {
  readonly answered: ReadonlySet<string>
  /** Requests that no answer came for, or only a part of one. */
  readonly broken: number
  /** Answers that were whole and not what they should be. */
  readonly refused: readonly string[]
  stop(): Promise<void>
  /** Ids of requests in the history. Throws on one that is there twice. */
  history(admin: Gateway['admin']): Promise<Set<string>>
}

let loads = 0

export function startBilledLoad(options: BilledLoadOptions): BilledLoad {
  const { proxies, key, model, lanes, pauseMs = 20 } = options
  const answered = new Set<string>()
  const refused: string[] = []
  const load = `billed-${++loads}`
  let broken = 0
  let isOver = false

  async function lane(proxy: ClusterNode, number: number): Promise<void> {
    for (let i = 0; !isOver; i++) {
      const id = `${load}-${proxy.name}-${number}-${i}`
      const stream = i % 2 === 1
      const body = { model, stream, messages: [{ role: 'user', content: 'hi' }] }
      const headers = { authorization: `Bearer ${key}`, 'x-request-id': id }
      try {
        const { status, text } = await ask(`${proxy.base}/v1/chat/completions`, 'POST', body, headers)
        if (status === 200 && stream === text.endsWith('data: [DONE]\n\n')) answered.add(id)
        else refused.push(`${id}: ${status} ${text.slice(-100)}`)
        await sleep(pauseMs)
      } catch {
        broken++
        await sleep(pauseMs * 5)
      }
    }
  }

  const running = proxies.flatMap((proxy) => Array.from({ length: lanes }, (_, number) => lane(proxy, number)))
  return {
    answered,
    refused,
    get broken() {
      return broken
    },
    async stop() {
      isOver = true
      await Promise.all(running)
    },
    history,
  }
}

async function history(admin: Gateway['admin']): Promise<Set<string>> {
  const found = new Set<string>()
  let before = ''
  do {
    const { json } = await admin('GET', `/requests?limit=1000${before}`)
    for (const { id } of json.items) {
      if (found.has(id)) throw new Error(`${id} was counted twice`)
      found.add(id)
    }
    before = json.next === undefined ? '' : `&before=${encodeURIComponent(json.next)}`
  } while (before !== '')
  return found
}
