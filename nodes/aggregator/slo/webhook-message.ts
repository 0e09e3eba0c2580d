// What a webhook is sent. The signature covers the time and the body, so that neither can be altered nor an old message be
// sent again later: a receiver checks it, refuses what is older than five minutes, and knows repeats by their id.
import { createHmac } from 'node:crypto'
import type { AlertEvent } from '../../../shared/telemetry/slo-state.ts'
import type { Objective } from './objective.ts'

export interface WebhookMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function webhookMessage(event: AlertEvent, objective: Objective, secret: string | undefined, nowMs: number) {
  const body = JSON.stringify(bodyOf(event, objective))
  const timestamp = String(Math.floor(nowMs / 1_000))
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'headgate',
    'x-headgate-event-id': event.id,
    'x-headgate-timestamp': timestamp,
    ...(secret === undefined ? {} : { 'x-headgate-signature': signatureOf(secret, timestamp, body) }),
  }
  return { headers, body } satisfies WebhookMessage
}

/** `sha256=` and the HMAC-SHA256, in hex, of the timestamp, a dot and the body. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
}

function bodyOf(event: AlertEvent, { objective, match, target, thresholdUs, windowMs }: Objective) {
  const { id, type, alertId, slo, severity, atMs, sinceMs, factor, longMs, burn, budgetRemaining } = event
  return {
    id,
    type: `slo.${type}`,
    alertId,
    slo,
    severity,
    at: new Date(atMs).toISOString(),
    since: new Date(sinceMs).toISOString(),
    objective,
    match,
    target,
    windowSeconds: windowMs / 1_000,
    ...(thresholdUs === Number.POSITIVE_INFINITY ? {} : { thresholdMs: thresholdUs / 1_000 }),
    rule: { burn: factor, windowSeconds: longMs / 1_000 },
    burn,
    budgetRemaining,
  }
}
