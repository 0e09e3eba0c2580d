// Where a verb reads the configuration log from: the data folder, any copy of it, or the stream of the cluster.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ReadableLog } from '../../cluster/config-log/log/examine-log.ts'
import type { LogKey } from '../../cluster/config-log/log/log-key.ts'
import { SqliteLog } from '../../cluster/config-log/sqlite/sqlite-log.ts'
import { JetStreamStream } from '../../cluster/config-log/stream/jetstream-stream.ts'
import { StreamLog } from '../../cluster/config-log/stream/stream-log.ts'
import { keysAreForeign } from '../../cluster/secrets/key-copies.ts'
import { openLogKeys } from '../../cluster/secrets/log-keys.ts'
import type { MasterKeys } from '../../cluster/secrets/master-keys.ts'
import { parseKeys32 } from '../../shared/key32.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { dataDirOf, type Refusal } from './admin-client.ts'
import { exitCode } from './exit-code.ts'
import { connectToNats } from './nats-connection.ts'
import type { VerbContext } from './verb.ts'

export interface LogSource {
  readonly name: string
  readonly log: ReadableLog
  readonly macKey: LogKey
  /** The data keys beside it were made under another master key than those of this environment. */
  readonly hasOtherKeys: boolean
  /** The folder of a copy's other witnesses; a stream has none. */
  readonly configDir: string | undefined
  close(): Promise<void>
}

/** `from`: a data folder, its `config` folder, a `log.sqlite`, or `stream`. Default: the data folder. */
export async function openLogSource(context: VerbContext, from?: string): Promise<Result<LogSource, Refusal>> {
  const masterKeys = findMasterKeys(context)
  if (!masterKeys.ok) return masterKeys
  const dataDir = dataDirOf(context.environment)
  const dataKeys = dataKeysBeside(from === 'stream' ? dataDir : (from ?? dataDir))
  const macKey = openLogKeys(masterKeys.value, dataKeys)
  const known = { macKey, hasOtherKeys: keysAreForeign(dataKeys, masterKeys.value) }
  return from === 'stream' ? openStream(context, known) : openCopy(from ?? dataDir, known)
}

type Known = Pick<LogSource, 'macKey' | 'hasOtherKeys'>

function openCopy(path: string, known: Known): Result<LogSource, Refusal> {
  const file = copyPath(path)
  const configDir = file === path ? undefined : dirname(file)
  const log = new SqliteLog({ path: file, readOnly: true })
  return done({ name: file, log, ...known, configDir, close: () => log.close() })
}

/** The data keys hold what verifies events of a master key that was replaced. */
function dataKeysBeside(path: string): string {
  return join(dirname(copyPath(path)), 'data-keys.json')
}

/** Path of `log.sqlite`: the given file, or the file in the given data folder or in its `config` folder. */
export function copyPath(path: string): string {
  if (existsSync(path) && statSync(path).isFile()) return path
  return existsSync(join(path, 'log.sqlite')) ? join(path, 'log.sqlite') : join(path, 'config', 'log.sqlite')
}

async function openStream(context: VerbContext, known: Known): Promise<Result<LogSource, Refusal>> {
  const nats = await connectToNats(context)
  if (!nats.ok) return nats
  const stream = new JetStreamStream({ link: nats.value, clock: context.clock })
  const close = async () => {
    await stream.close()
    await nats.value.close()
  }
  return done({ name: 'the stream', log: new StreamLog(stream), ...known, configDir: undefined, close })
}

/** The master key and the ones that are accepted beside it, as a node of this environment has them. */
export function findMasterKeys(context: VerbContext): Result<MasterKeys, Refusal> {
  const current = findMasterKey(context)
  if (!current.ok) return current
  const { HEADGATE_MASTER_KEY_PREVIOUS: named, HEADGATE_MASTER_KEY_PREVIOUS_FILE: file } = context.environment
  try {
    const previous = parseKeys32(named || (file ? readFileSync(file, 'utf8') : ''))
    if (previous !== undefined) return done([current.value, ...previous])
    return fail({
      code: exitCode.usage,
      message: 'HEADGATE_MASTER_KEY_PREVIOUS does not hold keys of 32 bytes in base64',
    })
  } catch {
    return fail({ code: exitCode.usage, message: `cannot read ${file}` })
  }
}

function findMasterKey({ environment }: VerbContext): Result<Uint8Array, Refusal> {
  const { HEADGATE_MASTER_KEY: named, HEADGATE_MASTER_KEY_FILE: file } = environment
  const path = file || join(dataDirOf(environment), 'master.key')
  try {
    const bytes = Buffer.from((named || readFileSync(path, 'utf8')).trim(), 'base64')
    if (bytes.byteLength === 32) return done(bytes)
    const where = named ? 'HEADGATE_MASTER_KEY' : path
    return fail({ code: exitCode.usage, message: `${where} does not hold 32 bytes in base64` })
  } catch {
    return fail({ code: exitCode.usage, message: `cannot read ${path}; set HEADGATE_MASTER_KEY or HEADGATE_DATA_DIR` })
  }
}
