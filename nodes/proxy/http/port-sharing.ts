// Whether a proxy of a cluster may listen where somebody listens already. The kernel lets every process of a user share a port
// that was opened for sharing, and spreads connections over all of them; so proxies of two clusters would answer each
// other's callers. A proxy proves by a mark of the cluster's master key that it belongs to the same one.
import type { IncomingMessage } from 'node:http'
import { get, nodeHttps } from '../../../shared/node-http.ts'
import { clusterMarkHeader } from './http.ts'

export interface PortQuestion {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly mark: string
}

/** A listener that takes longer is busy; the kernel then decides whether the port can be opened. */
const answerMsMax = 2_000

/** Returns a sentence for the operator when something other than a proxy of this cluster answers at the port. */
export async function portStranger(question: PortQuestion): Promise<string | undefined> {
  const { host, port, mark } = question
  if (port === 0) return undefined
  const told = await markAt(question)
  if (told === undefined || told === mark) return undefined
  return `HEADGATE_PORT: cannot listen on ${host}:${port}: something answers there that is no proxy of this cluster`
}

/** The mark in the answer at the port, '' where it has none; undefined when nobody answers. */
function markAt({ host, port, isTls, mark }: PortQuestion): Promise<string | undefined> {
  const hostname = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const options = { hostname, port, path: '/livez', headers: { [clusterMarkHeader]: mark }, agent: false as const }
  return new Promise((resolve) => {
    const onAnswer = (answer: IncomingMessage) => {
      answer.destroy()
      resolve(String(answer.headers[clusterMarkHeader] ?? ''))
    }
    // Whose certificate it is says nothing here.
    const request = isTls
      ? nodeHttps().get({ ...options, rejectUnauthorized: false }, onAnswer)
      : get(options, onAnswer)
    request.setTimeout(answerMsMax, () => request.destroy())
    request.on('error', () => resolve(undefined))
  })
}
