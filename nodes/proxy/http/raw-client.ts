// Speaks HTTP/1.1 as bytes on a socket, so that tests can send what no HTTP library would. Tests only.
import net from 'node:net'

export interface RawAnswer {
  /** Everything received, as latin1. */
  readonly text: string
  readonly closed: boolean
  readonly afterMs: number
}

/** Sends each part when the one before it had time to arrive. Resolves when the server closes or `waitMs` are over. */
export function talk(port: number, parts: readonly (string | Buffer)[], waitMs = 400): Promise<RawAnswer> {
  return exchange(port, parts, waitMs, undefined)
}

/**
 * As `talk`, and ends as well when an answer has come and nothing more comes. The server runs in this process, so its
 * timers and those of this wait are late together.
 */
export function answersTo(port: number, parts: readonly (string | Buffer)[]): Promise<RawAnswer> {
  return exchange(port, parts, answerMsMax, quietMs)
}

const answerMsMax = 5_000
const quietMs = 40

function exchange(
  port: number,
  parts: readonly (string | Buffer)[],
  waitMs: number,
  quietMs: number | undefined,
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let isSent = false
    let quiet: NodeJS.Timeout | undefined
    const waitForQuiet = () => {
      clearTimeout(quiet)
      if (!isSent || text === '' || quietMs === undefined) return
      const { length } = text
      // The turn after the timer reads what was written in its turn, however late both are.
      const look = () => setImmediate(() => text.length === length && finish(false))
      quiet = setTimeout(() => setImmediate(look), quietMs)
    }
    const startMs = performance.now()
    let text = ''
    const socket = net.connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    const finish = (closed: boolean) => {
      clearTimeout(timer)
      clearTimeout(quiet)
      socket.destroy()
      resolve({ text, closed, afterMs: performance.now() - startMs })
    }
    const timer = setTimeout(() => finish(false), waitMs)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      waitForQuiet()
    })
    socket.on('error', () => {})
    socket.on('close', () => finish(true))
    socket.on('connect', async () => {
      for (const part of parts) {
        socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
        await new Promise((next) => setTimeout(next, 20))
      }
      isSent = true
      waitForQuiet()
    })
  })
}

/** Status codes of all answers in a received text, in order. */
export function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1])).filter((status) => status !== 100)
}

/** Waits until the text holds `part`, then resolves with what came so far. */
export function until(socket: net.Socket, part: string, waitMs = 60_000): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => reject(new Error(`no ${part} in: ${text.slice(0, 400)}`)), waitMs)
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (!text.includes(part)) return
      clearTimeout(timer)
      socket.off('data', onData)
      resolve(text)
    }
    socket.on('data', onData)
  })
}
