// What is wrong with a path that is not served, where the whole of it tells: a base URL that has too much or too little, or the paths
// of the other port.

/** The paths before a known one that are looked at. */
const prefixesMax = 4

/** The known path that a path ends in, with what stands before it. */
export function knownEnd(
  path: string,
  isKnown: (path: string) => boolean,
): { readonly prefix: string; readonly known: string } | undefined {
  let at = 0
  for (let looked = 0; looked < prefixesMax; looked++) {
    at = path.indexOf('/', at + 1)
    if (at < 0) return undefined
    const known = path.slice(at)
    if (isVersioned(known) && isKnown(known)) return { prefix: path.slice(0, at), known }
  }
  return undefined
}

/** The ends of paths of other APIs look like paths without a version: `/v1/organization/usage/embeddings`. */
function isVersioned(path: string): boolean {
  return /^\/(openai|anthropic)?\/?v1(beta)?\//.test(path)
}

/** A sentence, with a space before it, about a path that is not known. */
export function pathHint(path: string, isKnown: (path: string) => boolean): string | undefined {
  if (path === '/') return ' This is the data port: APIs begin with /v1. The console is at / of the control port.'
  if (/^\/api(\/|$)/.test(path)) return ' This is the data port: the admin API is at this path of the control port.'
  const end = knownEnd(path, isKnown)
  if (end !== undefined) {
    return ` Its end, ${end.known}, is served: take ${end.prefix} away from the end of the client's base URL.`
  }
  return isKnown(`/v1${path}`) ? ` /v1${path} is served: the client's base URL has to end in /v1.` : undefined
}
