// The webhook of a resource, with its secret still closed.
import type { WebhookSpec } from '../../../shared/config/kinds/webhook/spec.ts'
import type { SealedSecret } from '../../../shared/config/sealed-secret.ts'
import type { Webhook } from './outbox.ts'

export type OpenSecret = (secret: SealedSecret) => string | undefined

export function webhookOf(spec: string | WebhookSpec | undefined, openSecret: OpenSecret): Webhook | undefined {
  if (spec === undefined) return undefined
  if (typeof spec === 'string') return { url: spec, allowPrivate: false, secret: () => undefined }
  const { url, allowPrivate = false } = spec
  return {
    url,
    allowPrivate,
    secret() {
      const secret = openSecret(spec.secret)
      // Whoever relies on signatures must not be taught to take messages without one.
      if (secret === undefined) throw new Error('its secret cannot be opened on this node')
      return secret
    },
  }
}
