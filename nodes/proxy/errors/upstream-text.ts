// What an upstream says of its own failure, for the record of the attempt.
import { sanitizedText } from '../../../shared/sanitized-text.ts'
import { wordsOfBody } from '../dialects/common/errors/error-words.ts'
import type { ErrorAnswer } from './gateway-error.ts'

const saidMax = 300
/** The bytes that are read of a body, which may be a long page of HTML. */
const readBytesMax = 16_384

/** The text of an upstream's error; undefined when it said nothing. */
export function saidOf({ body, contentType }: ErrorAnswer): string | undefined {
  if (!contentType.includes('html')) return keptText(wordsOfBody(body))
  return keptText(withoutMarkup(body.toString('utf8', 0, Math.min(body.length, readBytesMax))))
}

export function keptText(text: string | undefined): string | undefined {
  const kept = text === undefined ? '' : sanitizedText(text, saidMax)
  return kept === '' ? undefined : kept
}

/** The text between the tags, without scripts and styles. A tag or a script that never ends is text. Takes a time in proportion
 *  to the length, whatever the page is. */
function withoutMarkup(html: string): string {
  const page = html.toLowerCase()
  const lastEnds = { script: page.lastIndexOf('</script'), style: page.lastIndexOf('</style') }
  const texts: string[] = []
  let at = 0
  for (let open = page.indexOf('<'); open >= 0; open = page.indexOf('<', at)) {
    const close = page.indexOf('>', open)
    if (close < 0) break
    texts.push(html.slice(at, open))
    const name = (['script', 'style'] as const).find((one) => page.startsWith(one, open + 1))
    const ends = name !== undefined && close < lastEnds[name]
    at = ends ? behindTag(page, page.indexOf(`</${name}`, close)) : close + 1
  }
  return `${texts.join(' ')} ${html.slice(at)}`
}

function behindTag(page: string, open: number): number {
  const close = page.indexOf('>', open)
  return close < 0 ? page.length : close + 1
}
