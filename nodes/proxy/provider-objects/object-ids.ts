// Ids of files and batches as callers see them. The gateway stores nothing about objects at a provider, so an id holds,
// encrypted, all that is needed later. An object always has the same id, because clients compare ids.
import { hash } from 'node:crypto'
import { decryptFixed, encryptFixed } from '../../../cluster/secrets/aead.ts'
import { firstOf, type KeyList } from '../../../cluster/secrets/master-keys.ts'

export type ObjectKind = 'file' | 'batch'
/** A place in a list. It may be the place of somebody else's object, and can only be used to read the rest of the list. */
export type CursorKind = `${ObjectKind}-cursor`

export interface ObjectRef {
  readonly kind: ObjectKind | CursorKind
  readonly provider: string
  /** Name of the credential whose account the object is in. */
  readonly credential: string
  /** `Caller.owner`. */
  readonly owner: string
  /** The provider's own id. */
  readonly id: string
  /** The models that the lines of a checked batch file name. Empty for any other object. */
  readonly models: readonly string[]
}

/** What is stored with an object at its provider, so that it is recognised in a list. */
export interface Mark {
  readonly owner: string
  /** See `ObjectRef.models`. */
  readonly models: readonly string[]
  /** Who pays for a batch. Absent for files, and for batches of earlier releases. */
  readonly payer?: Payer
}

/** The names that records have of whoever made a batch. */
export interface Payer {
  readonly keyId: string
  readonly team: string
  readonly user: string
  readonly app: string
  readonly costCenter: string
}

const prefixes: Readonly<Record<ObjectRef['kind'], string>> = {
  file: 'file-hg-',
  batch: 'batch_hg_',
  'file-cursor': 'file-hgc-',
  'batch-cursor': 'batch_hgc_',
}
export const idLengthMax = 1_500

export class ObjectIds {
  readonly #keys: KeyList

  /** Keys of 32 bytes that are used for nothing else: the first one seals. */
  constructor(...keys: KeyList) {
    this.#keys = keys
  }

  seal({ kind, provider, credential, owner, id, models }: ObjectRef): string {
    const fields = [provider, credential, owner, id, ...models]
    return prefixes[kind] + encryptFixed(this.#keys[0], Buffer.from(JSON.stringify(fields)), kind).toString('base64url')
  }

  /** Returns undefined for anything but an id that `seal` made for this kind. */
  open(text: string, kind: ObjectRef['kind']): ObjectRef | undefined {
    const prefix = prefixes[kind]
    if (!text.startsWith(prefix) || text.length > idLengthMax) return undefined
    const sealed = Buffer.from(text.slice(prefix.length), 'base64url')
    // Base64 has several spellings of the same bytes; only the one that `seal` writes is an id.
    if (sealed.toString('base64url') !== text.slice(prefix.length)) return undefined
    const plain = firstOf(this.#keys, (key) => decryptFixed(key, sealed, kind))
    if (plain === undefined) return undefined
    const [provider, credential, owner, id, ...models] = JSON.parse(plain.toString('utf8'))
    return { kind, provider, credential, owner, id, models }
  }

  /** Encrypts a mark as text of letters, digits, `-` and `_`. */
  tokenOf({ owner, models, payer }: Mark): string {
    const fields = payer === undefined ? [owner, ...models] : [owner, namesOf(payer), ...models]
    return encryptFixed(this.#keys[0], Buffer.from(JSON.stringify(fields)), 'mark').toString('base64url')
  }

  /** Returns undefined for text that `tokenOf` did not make. */
  readToken(text: string): Mark | undefined {
    const sealed = Buffer.from(text, 'base64url')
    const plain = firstOf(this.#keys, (key) => decryptFixed(key, sealed, 'mark'))
    if (plain === undefined) return undefined
    const [owner, ...rest] = JSON.parse(plain.toString('utf8'))
    if (!Array.isArray(rest[0])) return { owner, models: rest }
    const [[keyId, team, user, app, costCenter], ...models] = rest
    return { owner, models, payer: { keyId, team, user, app, costCenter } }
  }

  /** The id of the record that a batch is settled by: always the same, and nothing that a caller can make up. */
  settlementId({ provider, credential, id }: Pick<ObjectRef, 'provider' | 'credential' | 'id'>): string {
    const fields = Buffer.from(JSON.stringify([provider, credential, id]))
    const sealed = encryptFixed(this.#keys[0], fields, 'settlement')
    return `batch_${hash('sha256', sealed, 'base64url').slice(0, 32)}`
  }
}

function namesOf({ keyId, team, user, app, costCenter }: Payer): string[] {
  return [keyId, team, user, app, costCenter]
}
