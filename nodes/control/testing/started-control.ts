// A control node on a free port with a real log in a folder of its own, for tests over real HTTP.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { openDataFolder } from '../../../cluster/data-folder/data-folder.ts'
import { systemClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { parseSettings } from '../../../shared/settings.ts'
import { type ControlNode, type ControlOptions, startControl } from '../main.ts'

export const adminToken = 'test-token-of-the-first-administrator'

export interface StartedControl {
  node: ControlNode
  bus: LocalBus
  url: string
  dataDir: string
  notices: Notice[]
  admin(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Told>
  /** Stops it; the folder stays. */
  stop(): Promise<void>
  /** Stops it and removes the folder. */
  remove(): Promise<void>
}

export interface Told {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read into answers whose shape they assert
  json: any
}

export interface StartControlOptions extends Partial<ControlOptions> {
  dataDir?: string
  variables?: Record<string, string | undefined>
}

export async function startedControl(options: StartControlOptions = {}): Promise<StartedControl> {
  const { variables, dataDir = mkdtempSync(join(tmpdir(), 'headgate-control-')), ...rest } = options
  const environment = { HEADGATE_CONTROL_PORT: '0', HEADGATE_ADMIN_TOKEN: adminToken, ...variables }
  const settings = parseSettings(environment, () => '')
  if (!settings.ok) throw new Error(JSON.stringify(settings.error))
  const { masterKey, previousMasterKeys } = settings.value
  const folder = openDataFolder({ path: dataDir, masterKey, previousMasterKeys, embedded: true, pid: process.pid })
  if (!folder.ok) throw new Error(folder.error.message)
  const bus = new LocalBus()
  const notices: Notice[] = []
  const start = startControl({
    settings: settings.value,
    node: { name: 'test', version: '0.0.0', role: 'all' },
    folder: folder.value,
    masterKeys: folder.value.masterKeys,
    bus,
    clock: systemClock,
    notify: (notice) => notices.push(notice),
    consoleFolder: join(dataDir, 'no-console'),
    environment,
    ...rest,
  })
  start.catch(() => folder.value.release())
  const node = await start
  const scheme = settings.value.tls === undefined ? 'http' : 'https'
  const url = `${scheme}://127.0.0.1:${node.port}`
  const stop = async () => {
    await node.close()
    bus.close()
    folder.value.release()
  }
  return {
    node,
    bus,
    url,
    dataDir,
    notices,
    stop,
    admin: (method, path, body, headers) =>
      ask(`${url}/api/v1${path}`, method, body, { authorization: `Bearer ${adminToken}`, ...headers }),
    remove: async () => {
      await stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A string is sent as YAML, everything else as JSON, unless `headers` say otherwise. */
export async function ask(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Told> {
  const type = typeof body === 'string' ? 'application/yaml' : 'application/json'
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': type }), ...headers },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    redirect: 'manual',
  })
  const text = await response.text()
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  return { status: response.status, headers: response.headers, text, json }
}
