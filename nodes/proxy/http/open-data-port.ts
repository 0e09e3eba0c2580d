// Opens the data port as the settings say. Only proxies of one cluster share a port.
import type { Settings } from '../../../shared/settings.ts'
import type { HttpHandler, HttpServer } from './http.ts'
import { type HttpDeps, startHttpServer } from './server.ts'

export interface DataPortOptions {
  readonly settings: Settings
  readonly clusterMarks: readonly string[]
  readonly bodiesInFlightBytesMax: number | undefined
}

/** Rejects with a sentence for the operator. */
export async function openDataPort(
  { settings, clusterMarks, bodiesInFlightBytesMax }: DataPortOptions,
  handler: HttpHandler,
  deps: HttpDeps,
): Promise<HttpServer> {
  const { host, port, tls, bodyBytesMax, hosts, trustedProxies, corsOrigins, nats } = settings
  const [clusterMark = ''] = clusterMarks
  const exclusivePort = nats === undefined
  if (!exclusivePort) {
    // Only here: it loads Node's own HTTP.
    const { portStranger } = await import('./port-sharing.ts')
    const stranger = await portStranger({ host, port, isTls: tls !== undefined, mark: clusterMark })
    if (stranger !== undefined) throw new Error(stranger)
  }
  const limits = { bodyBytesMax, bodiesInFlightBytesMax }
  return startHttpServer(
    { host, port, tls, hosts, trustedProxies, corsOrigins, exclusivePort, ...limits },
    handler,
    deps,
  )
}
