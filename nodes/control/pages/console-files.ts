// Serves the console that Vite built. Only plain file names of that one folder are read, so no path leads out of it;
// names under `assets/` carry a hash of their content and may be kept for ever.
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { HttpAnswer } from '../http/answer.ts'
import { page } from './html.ts'
import { pageHeaders } from './page-headers.ts'

const mediaTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

const plainName = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/

export class ConsoleFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The file at `path`; the front page for `/` and, for browsers, for the console's own addresses; else undefined. */
  async find(path: string, accept: string | undefined): Promise<HttpAnswer | undefined> {
    const names = path.split('/').slice(1)
    if (path === '/' || isConsoleAddress(names, accept)) return this.frontPage()
    const type = mediaTypes[extname(path)]
    if (type === undefined || !names.every((name) => plainName.test(name))) return undefined
    const body = await this.#read(names)
    if (body === undefined) return undefined
    const cache = names[0] === 'assets' ? 'public, max-age=31536000, immutable' : 'no-cache'
    return { status: 200, headers: { ...pageHeaders, 'content-type': type, 'cache-control': cache }, body }
  }

  async isBuilt(): Promise<boolean> {
    return (await this.#read(['index.html'])) !== undefined
  }

  async frontPage(): Promise<HttpAnswer> {
    const body = (await this.#read(['index.html'])) ?? notBuilt
    return { status: 200, headers: { ...pageHeaders, 'cache-control': 'no-cache' }, body }
  }

  async #read(names: string[]): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.#folder, ...names))
    } catch {
      return undefined
    }
  }
}

/** A reload of one of the console's own addresses (`/requests`) must find the front page again; a tool that mistypes a
 *  path must get a 404. Only browsers ask for HTML by name. */
function isConsoleAddress(names: string[], accept: string | undefined): boolean {
  if (!accept?.includes('text/html') || names[0] === 'api') return false
  return names.every((name) => name === '' || plainName.test(name)) && !names.at(-1)!.includes('.')
}

const notBuilt = page(
  'Headgate',
  `<h1>Headgate</h1>
<p>This gateway is running. Its console is not built here: <code>npm start</code> builds it.</p>
<ul>
<li><a href="/openapi.json">The admin API, as OpenAPI</a></li>
<li><a href="/readyz?verbose">Is it ready?</a></li>
<li><a href="/metrics">Metrics</a></li>
</ul>`,
)
