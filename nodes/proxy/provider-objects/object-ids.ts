// Ids of files and batches as callers see them. Nothing is kept here of what lies at a provider, so all that has to be known
// later stands in the id, encrypted. The same object has the same id always: clients compare them.
import { decryptFixed, encryptFixed } from '../../../cluster/secrets/aead.ts'

export type ObjectKind = 'file' | 'batch'
/** A place in a list: it may be that of somebody else's object, and opens nothing but the rest of the list. */
export type CursorKind = `${ObjectKind}-cursor`

export interface ObjectRef {
  readonly kind: ObjectKind | CursorKind
  readonly provider: string
  /** Name of the credential whose account it lies in. */
  readonly credential: string
  /** See `ownerOf`. */
  readonly owner: string
  /** The provider's own id. */
  readonly id: string
  /** Of a file whose lines were checked: the models that they name. */
  readonly models: readonly string[]
}

export interface Mark {
  readonly owner: string
  /** That the lines of the file were checked for; none of any other object. */
  readonly models: readonly string[]
}

const prefixes: Readonly<Record<ObjectRef['kind'], string>> = {
  ...{ file: 'file-hg-', batch: 'batch_hg_' },
  ...{ 'file-cursor': 'file-hgc-', 'batch-cursor': 'batch_hgc_' },
}
export const idLengthMax = 1_500

export class ObjectIds {
  readonly #key: Uint8Array

  /** `key`: 32 bytes, for this purpose alone. */
  constructor(key: Uint8Array) {
    this.#key = key
  }

  seal({ kind, provider, credential, owner, id, models }: ObjectRef): string {
    const fields = [provider, credential, owner, id, ...models]
    return prefixes[kind] + encryptFixed(this.#key, Buffer.from(JSON.stringify(fields)), kind).toString('base64url')
  }

  /** Undefined for anything but an id of ours and of this kind. */
  open(text: string, kind: ObjectRef['kind']): ObjectRef | undefined {
    const prefix = prefixes[kind]
    if (!text.startsWith(prefix) || text.length > idLengthMax) return undefined
    const sealed = Buffer.from(text.slice(prefix.length), 'base64url')
    // Base64 has spellings that mean the same bytes; only ours is an id.
    if (sealed.toString('base64url') !== text.slice(prefix.length)) return undefined
    const plain = decryptFixed(this.#key, sealed, kind)
    if (plain === undefined) return undefined
    const [provider, credential, owner, id, ...models] = JSON.parse(plain.toString('utf8'))
    return { kind, provider, credential, owner, id, models }
  }

  /** Stands at the provider beside an object, so that it is known again in a list. Of letters, digits, `-` and `_`. */
  tokenOf({ owner, models }: Mark): string {
    return encryptFixed(this.#key, Buffer.from(JSON.stringify([owner, ...models])), 'mark').toString('base64url')
  }

  /** Undefined for what is no token of ours. */
  readToken(text: string): Mark | undefined {
    const plain = decryptFixed(this.#key, Buffer.from(text, 'base64url'), 'mark')
    if (plain === undefined) return undefined
    const [owner, ...models] = JSON.parse(plain.toString('utf8'))
    return { owner, models }
  }
}
