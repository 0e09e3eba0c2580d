// Keys of an AWS account, and the context that fetching them needs.
import type { Clock } from '../../../../shared/clock.ts'
import type { AskIdentity } from './identity-http.ts'

export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface AwsContext {
  readonly region: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly ask: AskIdentity
  readonly clock: Clock
}
