// Speaks HTTP/1.1 as bytes on a socket, so that tests can send what no HTTP library would. Tests only.
import net from 'node:net'

export interface RawAnswer {
  /** Everything received, as latin1. */
  readonly text: string
  readonly closed: boolean
  readonly afterMs: number
}

/** Time that a busy machine may need for an answer. */
const answerMsMax = 3_000

/** Sends each part when the one before it had time to arrive. Resolves when the server closes, or when all parts are sent and
 *  nothing came for `waitMs` after an answer. */
export function talk(port: number, parts: readonly (string | Buffer)[], waitMs = 400): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const startMs = performance.now()
    let text = ''
    const socket = net.connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    const finish = (closed: boolean) => {
      clearTimeout(timer)
      clearTimeout(silence)
      socket.destroy()
      resolve({ text, closed, afterMs: performance.now() - startMs })
    }
    const timer = setTimeout(() => finish(false), Math.max(waitMs, answerMsMax))
    let silence: NodeJS.Timeout | undefined
    let isSent = false
    const awaitSilence = () => {
      clearTimeout(silence)
      if (isSent && text !== '') silence = setTimeout(() => finish(false), waitMs)
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      awaitSilence()
    })
    socket.on('error', () => {})
    socket.on('close', () => finish(true))
    socket.on('connect', async () => {
      for (const part of parts) {
        socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
        await new Promise((next) => setTimeout(next, 20))
      }
      isSent = true
      awaitSilence()
    })
  })
}

/** Status codes of all answers in a received text, in order. */
export function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1])).filter((status) => status !== 100)
}

/** Waits until the text holds `part`, then resolves with what came so far. */
export function until(socket: net.Socket, part: string, waitMs = 5_000): Promise<string> {
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
