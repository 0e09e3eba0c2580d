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

function withoutMarkup(html: string): string {
  return html.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')
}
