// Lists of files and batches. A provider lists what lies in an account, whoever made it; a caller is shown its own. So
// pages are asked for until there are enough of those, and no more than a few.
import type { ObjectAnswers, ProviderObject } from '../../provider-objects/object-answers.ts'

export interface ListWanted {
  readonly kind: 'file' | 'batch'
  readonly owner: string
  readonly limit: number
}

export interface ListedPage {
  /** The list as the caller shall see it, so far. */
  readonly body: object
  /** The provider's own id to go on from; undefined when the list is full or over. */
  readonly next: string | undefined
}

/** The number of pages asked for at most. A caller finds later objects by going on from `last_id`. */
const pagesMax = 20

export class ObjectList {
  readonly #answers: ObjectAnswers
  readonly #wanted: ListWanted
  readonly #found: ProviderObject[] = []
  #pages = 0

  constructor(answers: ObjectAnswers, wanted: ListWanted) {
    this.#answers = answers
    this.#wanted = wanted
  }

  /** Takes one page of the provider; undefined: it is no list. */
  add(bytes: Buffer): ListedPage | undefined {
    const page = this.#answers.read(bytes)
    const data = page?.['data']
    if (page === undefined || !Array.isArray(data)) return undefined
    this.#pages++
    const { limit, kind, owner } = this.#wanted
    let isCut = false
    for (const object of data) {
      if (typeof object !== 'object' || object === null) continue
      const mark = this.#answers.markOf(kind, object as ProviderObject)
      if (mark?.owner !== owner) continue
      if (this.#found.length === limit) {
        isCut = true
        break
      }
      this.#found.push(
        kind === 'file'
          ? this.#answers.file(object as ProviderObject, mark)
          : this.#answers.batch(object as ProviderObject, mark),
      )
    }
    const lastId: unknown = (data.at(-1) as ProviderObject | undefined)?.['id']
    const hasMore = page['has_more'] === true && typeof lastId === 'string'
    const goesOn = hasMore && this.#found.length < limit && this.#pages < pagesMax
    const isGivenUp = hasMore && !goesOn && !isCut && this.#found.length < limit
    const last = isGivenUp ? this.#answers.cursorAt(kind, lastId, owner) : this.#found.at(-1)?.['id']
    const ids = { first_id: this.#found[0]?.['id'] ?? null, last_id: last ?? null }
    const body = { object: 'list', data: this.#found, ...ids, has_more: isCut || hasMore }
    return { body, next: goesOn ? lastId : undefined }
  }
}
