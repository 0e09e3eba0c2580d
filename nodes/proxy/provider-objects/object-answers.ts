// Rewrites answers of providers about files and batches for their owners: ids become the gateway's, and marks are removed.
import { tryParseExact } from '../../../shared/json/exact.ts'
import type { Mark, ObjectIds } from './object-ids.ts'

export interface Account {
  readonly provider: string
  readonly credential: string
}

export type ProviderObject = Readonly<Record<string, unknown>>

/** The member of a batch's metadata that holds the mark. */
export const markName = 'headgate'
const markedName = /^hg\.([\w-]+)\.(.*)$/s

export function markedFileName(token: string): string {
  return `hg.${token}.`
}

export class ObjectAnswers {
  readonly #ids: ObjectIds
  readonly #account: Account
  readonly #onBatch: ((account: Account, batch: ProviderObject) => void) | undefined

  /** `onBatch` is told of each batch that is shown, as its provider tells it. */
  constructor(ids: ObjectIds, account: Account, onBatch?: (account: Account, batch: ProviderObject) => void) {
    this.#ids = ids
    this.#account = account
    this.#onBatch = onBatch
  }

  /** Parses an answer. Returns undefined where it is no JSON object. */
  read(bytes: Buffer): ProviderObject | undefined {
    return membersOf(tryParseExact(bytes.toString('utf8')))
  }

  /** Rewrites a file. `mark` is put into its id. */
  file(file: ProviderObject, mark: Mark): ProviderObject {
    const { filename, id } = file
    const shown = typeof filename === 'string' ? (markedName.exec(filename)?.[2] ?? filename) : filename
    return { ...file, id: this.#seal('file', id, mark), ...(filename === undefined ? {} : { filename: shown }) }
  }

  batch(batch: ProviderObject, mark: Mark): ProviderObject {
    this.#onBatch?.(this.#account, batch)
    const plain = { owner: mark.owner, models: [] }
    const shown: Record<string, unknown> = { ...batch, id: this.#seal('batch', batch['id'], plain) }
    for (const name of ['input_file_id', 'output_file_id', 'error_file_id']) {
      if (typeof batch[name] !== 'string') continue
      shown[name] = this.#seal('file', batch[name], name === 'input_file_id' ? mark : plain)
    }
    const metadata = membersOf(batch['metadata'])
    if (metadata !== undefined) {
      const { [markName]: _, ...others } = metadata
      shown['metadata'] = Object.keys(others).length === 0 ? null : others
    }
    return shown
  }

  /** The mark that is stored with an object at its provider. Undefined where there is none. */
  markOf(kind: 'file' | 'batch', object: ProviderObject): Mark | undefined {
    const token = kind === 'batch' ? membersOf(object['metadata'])?.[markName] : fileToken(object)
    return typeof token === 'string' ? this.#ids.readToken(token) : undefined
  }

  /** A cursor for the rest of a list behind an object, which may be anybody's. */
  cursorAt(kind: 'file' | 'batch', id: string, owner: string): string {
    return this.#ids.seal({ kind: `${kind}-cursor`, ...this.#account, owner, id, models: [] })
  }

  #seal(kind: 'file' | 'batch', id: unknown, { owner, models }: Mark): unknown {
    return typeof id === 'string' ? this.#ids.seal({ kind, ...this.#account, owner, id, models }) : id
  }
}

function fileToken({ filename }: ProviderObject): string | undefined {
  return typeof filename === 'string' ? markedName.exec(filename)?.[1] : undefined
}

export function membersOf(value: unknown): ProviderObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ProviderObject) : undefined
}
