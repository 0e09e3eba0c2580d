// What an upstream says of its own failure, for the record of the attempt.
import { sanitizedText } from '../../../shared/sanitized-text.ts'
import type { ErrorAnswer } from './gateway-error.ts'

const saidMax = 300
/** The bytes that are read of a body, which may be a long page of HTML. */
const readBytesMax = 16_384

/** The text of an upstream's error; undefined when it said nothing. */
export function saidOf({ body, contentType }: ErrorAnswer): string | undefined {
  const text = body.toString('utf8', 0, Math.min(body.length, readBytesMax))
  return keptText(contentType.includes('html') ? withoutMarkup(text) : (messageIn(text) ?? text))
}

export function keptText(text: string | undefined): string | undefined {
  const kept = text === undefined ? '' : sanitizedText(text, saidMax)
  return kept === '' ? undefined : kept
}

function withoutMarkup(html: string): string {
  return html.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')
}

/** The message of an error in the shapes of providers. */
function messageIn(text: string): string | undefined {
  try {
    const { error, message, detail } = JSON.parse(text) as Record<string, unknown>
    const inner = typeof error === 'object' && error !== null ? (error as Record<string, unknown>)['message'] : error
    return [inner, message, detail].find((one) => typeof one === 'string')
  } catch {
    return undefined
  }
}
