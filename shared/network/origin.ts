// Origins of web pages.

/** Whether this is an origin as browsers write it: lower case, no path, and no port that the scheme implies. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.host === '') return false
  return `${url.protocol}//${url.host}` === text
}
