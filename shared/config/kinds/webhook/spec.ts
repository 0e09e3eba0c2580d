import type { SealedSecret } from '../../sealed-secret.ts'

export interface WebhookSpec {
  url: string
  secret: SealedSecret
  allowPrivate?: boolean
}
