// Where a browser goes after signing in: only to a path of this very port. `//evil.com`, `/\evil.com` and whatever else
// a browser would read as another site falls back to the front page.

export function localPath(wanted: string | undefined): string {
  if (wanted === undefined || !/^\/(?![/\\])[\w\-./~%?&=#@:+]*$/.test(wanted)) return '/'
  const base = 'http://headgate.invalid'
  const url = URL.canParse(wanted, base) ? new URL(wanted, base) : undefined
  // `/.//evil.com` comes out of the parser as `//evil.com`.
  const isLocal = url?.origin === base && !url.pathname.startsWith('//')
  return isLocal ? `${url.pathname}${url.search}${url.hash}` : '/'
}
