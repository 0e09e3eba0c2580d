// The targets of files and batches: what a method and a path ask for.
export type ObjectAction =
  | 'upload'
  | 'list-files'
  | 'file'
  | 'delete-file'
  | 'content'
  | 'create-batch'
  | 'list-batches'
  | 'batch'
  | 'cancel-batch'

export interface ObjectPath {
  /** As metered. */
  readonly name: string
  readonly kind: 'file' | 'batch'
  /** As sent; '' where the path has none. */
  readonly id: string
  readonly actions: Readonly<Partial<Record<string, ObjectAction>>>
}

const storedPath = /^(?:\/openai)?(?:\/v1)?\/(files|batches)(?:\/([\w-]{1,1600})(\/content|\/cancel)?)?$/

const actions: Readonly<Record<string, ObjectPath['actions']>> = {
  files: { POST: 'upload', GET: 'list-files' },
  'files/': { GET: 'file', DELETE: 'delete-file' },
  'files/content': { GET: 'content' },
  batches: { POST: 'create-batch', GET: 'list-batches' },
  'batches/': { GET: 'batch' },
  'batches/cancel': { POST: 'cancel-batch' },
}

/** Undefined: it is no path of files or batches. */
export function matchObjectPath(path: string): ObjectPath | undefined {
  const [, collection, id, sub] = storedPath.exec(path) ?? []
  if (collection === undefined) return undefined
  const form = collection + (id === undefined ? '' : (sub ?? '/'))
  const found = Object.hasOwn(actions, form) ? actions[form] : undefined
  if (found === undefined) return undefined
  const name = `/v1/${collection}${id === undefined ? '' : '/{id}'}${sub ?? ''}`
  return { name, kind: collection === 'files' ? 'file' : 'batch', id: id ?? '', actions: found }
}

/** Of bodies at a path; one that has none needs no type. */
export function objectMediaTypes({ actions }: ObjectPath): readonly string[] {
  if (actions['POST'] === 'upload') return ['multipart/form-data']
  return actions['POST'] === 'cancel-batch' ? ['application/json', ''] : ['application/json']
}
