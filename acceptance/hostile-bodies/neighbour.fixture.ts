// Another team, in a process of its own: it sends small requests one after the other, and tells on demand what became of them
// since it was last asked.
import { Agent, request } from 'node:http'

export interface Heard {
  /** Times of the answers, in milliseconds. */
  readonly waitsMs: readonly number[]
  /** Answers that were not 200, by status or by what went wrong. */
  readonly others: Readonly<Record<string, number>>
}

const [port = '', key = ''] = process.argv.slice(2)
const pauseMs = 3
const body = '{"model":"plain","messages":[{"role":"user","content":"hi"}]}'
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': body.length }
let waitsMs: number[] = []
let others: Record<string, number> = {}

function ask(): void {
  const startedMs = performance.now()
  const end = (what: string | number | undefined) => {
    waitsMs.push(performance.now() - startedMs)
    if (what !== 200) others[`${what}`] = (others[`${what}`] ?? 0) + 1
    setTimeout(ask, pauseMs)
  }
  const sent = request({ agent, port, path: '/v1/chat/completions', method: 'POST', headers }, (answer) => {
    answer.resume()
    answer.once('end', () => end(answer.statusCode))
  })
  sent.once('error', (error: NodeJS.ErrnoException) => end(error.code))
  sent.end(body)
}

process.on('message', () => {
  process.send?.({ waitsMs, others } satisfies Heard)
  waitsMs = []
  others = {}
})
process.on('disconnect', () => process.exit())
ask()
