// What a webhook is sent. The signature covers the time and the body, so that neither can be altered nor an old message be
// sent again later: a receiver checks it, refuses what is older than five minutes, and knows repeats by their id.
import { createHmac } from 'node:crypto'

export interface WebhookMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `content` has the id of the event, by which receivers know repeats. */
export function webhookMessage(content: { readonly id: string }, secret: string | undefined, nowMs: number) {
  const body = JSON.stringify(content)
  const timestamp = String(Math.floor(nowMs / 1_000))
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'headgate',
    'x-headgate-event-id': content.id,
    'x-headgate-timestamp': timestamp,
    ...(secret === undefined ? {} : { 'x-headgate-signature': signatureOf(secret, timestamp, body) }),
  }
  return { headers, body } satisfies WebhookMessage
}

/** `sha256=` and the HMAC-SHA256, in hex, of the timestamp, a dot and the body. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
}
