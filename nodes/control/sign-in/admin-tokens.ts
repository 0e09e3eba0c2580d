// Who may call the admin API with a bearer token: the administrator's token, from the environment or made at the first
// start (then only its hash is kept), and the token that lets the CLI on this machine in, new at each start.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashToken, newToken, tokenMatches } from './secret-hash.ts'

const adminHashFile = 'admin-token.sha256'
const cliTokenFile = 'cli-token'
/** The origin of the control port, so that the command line needs no address beside the data folder. */
const cliUrlFile = 'cli-url'

export interface OpenedTokens {
  tokens: AdminTokens
  /** Shown once: it was made by this call and its text is kept nowhere. */
  generated: string | undefined
}

export async function openAdminTokens(dataDir: string, configured: string | undefined): Promise<OpenedTokens> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const known = configured === undefined ? await readHash(dataDir) : hashToken(configured)
  const generated = known === undefined ? newToken('hga_') : undefined
  const adminHash = known ?? hashToken(generated!)
  if (generated !== undefined) await writePrivate(join(dataDir, adminHashFile), adminHash.toString('hex'))
  const cliToken = newToken('hgc_')
  await writePrivate(join(dataDir, cliTokenFile), cliToken)
  return { generated, tokens: new AdminTokens({ dataDir, adminHash, cliHash: hashToken(cliToken) }) }
}

export class AdminTokens {
  readonly #dataDir: string
  readonly #adminHash: Uint8Array
  readonly #cliHash: Uint8Array

  constructor(options: { dataDir: string; adminHash: Uint8Array; cliHash: Uint8Array }) {
    this.#dataDir = options.dataDir
    this.#adminHash = options.adminHash
    this.#cliHash = options.cliHash
  }

  /** The actor, or undefined. Both hashes are always compared. */
  actorOf(token: string): 'admin' | 'cli' | undefined {
    const isAdmin = tokenMatches(token, this.#adminHash)
    const isCli = tokenMatches(token, this.#cliHash)
    return isAdmin ? 'admin' : isCli ? 'cli' : undefined
  }

  /** Tells the command line on this machine where the control port is. */
  async tellUrl(url: string): Promise<void> {
    await writePrivate(join(this.#dataDir, cliUrlFile), url)
  }

  /** A token of a node that has stopped must not lie around. */
  async close(): Promise<void> {
    await rm(join(this.#dataDir, cliUrlFile), { force: true })
    await rm(join(this.#dataDir, cliTokenFile), { force: true })
  }
}

async function readHash(dataDir: string): Promise<Buffer | undefined> {
  try {
    const hash = Buffer.from((await readFile(join(dataDir, adminHashFile), 'utf8')).trim(), 'hex')
    // A torn or emptied file must not turn into a token that everybody or nobody holds.
    if (hash.length !== 32)
      throw new Error(`${adminHashFile} in the data folder is damaged; delete it to have a new token`)
    return hash
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function writePrivate(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`
  await rm(fresh, { force: true })
  await writeFile(fresh, `${text}\n`, { mode: 0o600, flush: true })
  await rename(fresh, path)
}
