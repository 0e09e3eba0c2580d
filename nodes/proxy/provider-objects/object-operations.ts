// The endpoints of files and batches: the action that a path and a method ask for.
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
  /** Name of the operation in metrics and records: '/v1/files/{id}'. */
  readonly name: string
  readonly kind: 'file' | 'batch'
  /** The id in the path as sent, '' where the path has none. */
  readonly id: string
  /** The action of each method that the path has. */
  readonly actions: Readonly<Partial<Record<string, ObjectAction>>>
}

/** Azure's SDK writes the deployment of a client before `/batches`. */
const objectPath =
  /^(?:\/openai)?(?:\/v1|\/deployments\/[^/]+(?=\/batches$))?\/(files|batches)(?:\/([\w-]{1,1600})(\/content|\/cancel)?)?$/

const actions: Readonly<Record<string, ObjectPath['actions']>> = {
  files: { POST: 'upload', GET: 'list-files' },
  'files/': { GET: 'file', DELETE: 'delete-file' },
  'files/content': { GET: 'content' },
  batches: { POST: 'create-batch', GET: 'list-batches' },
  'batches/': { GET: 'batch' },
  'batches/cancel': { POST: 'cancel-batch' },
}

/** Returns undefined for a path of something else. */
export function matchObjectPath(path: string): ObjectPath | undefined {
  const [, collection, id, sub] = objectPath.exec(path) ?? []
  if (collection === undefined) return undefined
  const form = collection + (id === undefined ? '' : (sub ?? '/'))
  const found = Object.hasOwn(actions, form) ? actions[form] : undefined
  if (found === undefined) return undefined
  const name = `/v1/${collection}${id === undefined ? '' : '/{id}'}${sub ?? ''}`
  return { name, kind: collection === 'files' ? 'file' : 'batch', id: id ?? '', actions: found }
}

/** Media types of bodies at a path. '' means that a request without a body needs no type. */
export function objectMediaTypes({ actions }: ObjectPath): readonly string[] {
  if (actions['POST'] === 'upload') return ['multipart/form-data']
  return actions['POST'] === 'cancel-batch' ? ['application/json', ''] : ['application/json']
}
