// Callers that go on whatever happens: so many requests a second, so many streams open at any time. What did not end as it
// should is kept, with what it was.
import { setTimeout as pause } from 'node:timers/promises'
import { ask, type Told } from './http.ts'

export interface SteadyLoadOptions {
  readonly base: string
  readonly key: string
  readonly requestsPerSecond: number
  readonly streams: number
}

export interface SteadyLoad {
  readonly answered: number
  readonly streamed: number
  readonly failures: readonly string[]
  /** Resolves when all that was begun has ended. */
  stop(): Promise<void>
}

const tickMs = 20
const streamWords = 'word '.repeat(12)

export function startSteadyLoad({ base, key, requestsPerSecond, streams }: SteadyLoadOptions): SteadyLoad {
  const counts = { answered: 0, streamed: 0 }
  const failures: string[] = []
  let over = false
  const fail = (what: string) => void failures.push(`${new Date().toISOString()} ${what}`)

  /** Sends a chat request over a connection that is kept, as clients of a gateway do. */
  function chat(body: object): Promise<Told> {
    return ask(`${base}/v1/chat/completions`, 'POST', body, { authorization: `Bearer ${key}` })
  }

  async function request(): Promise<void> {
    try {
      const { status, text } = await chat({ model: 'demo/echo', messages: [{ role: 'user', content: 'hi' }] })
      if (status === 200 && text.includes('You said: hi')) counts.answered++
      else fail(`request: ${status} ${text.slice(0, 200)}`)
    } catch (error) {
      fail(`request: ${reasonOf(error)}`)
    }
  }

  async function stream(): Promise<void> {
    const body = { model: 'demo/slow', stream: true, messages: [{ role: 'user', content: streamWords }] }
    while (!over) {
      try {
        const { status, text } = await chat(body)
        if (status === 200 && text.endsWith('data: [DONE]\n\n')) counts.streamed++
        else fail(`stream: ${status} ${text.slice(-200)}`)
      } catch (error) {
        fail(`stream: ${reasonOf(error)}`)
      }
    }
  }

  /** Starts requests by the clock and not one after the other: a slow answer must not lower the rate. */
  async function requests(): Promise<void> {
    const startedMs = performance.now()
    const open = new Set<Promise<void>>()
    for (let begun = 0; !over; await pause(tickMs)) {
      const due = Math.floor(((performance.now() - startedMs) / 1_000) * requestsPerSecond)
      for (; begun < due; begun++) {
        const one = request().finally(() => open.delete(one))
        open.add(one)
      }
    }
    await Promise.all(open)
  }

  const lanes = [requests(), ...Array.from({ length: streams }, stream)]
  return {
    get answered() {
      return counts.answered
    },
    get streamed() {
      return counts.streamed
    },
    failures,
    async stop() {
      over = true
      await Promise.all(lanes)
    },
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return `${error.message} ${(error.cause as NodeJS.ErrnoException | undefined)?.code ?? ''} ${error.cause ?? ''}`
}
