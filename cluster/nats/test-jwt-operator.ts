// An operator with one account, as `nsc` sets it up: tokens are signed by nkeys, and a server that trusts the operator
// accepts every user of the account that is not revoked.
import { createHash } from 'node:crypto'
import { nkeys } from '@nats-io/transport-node'
import type { Clock } from '../../shared/clock.ts'

type KeyPair = ReturnType<typeof nkeys.createUser>

export function makeJwtOperator(clock: Pick<Clock, 'wallMs'>) {
  const nowSeconds = () => Math.floor(clock.wallMs() / 1_000)
  const sign = (issuer: KeyPair, subject: KeyPair, type: string, claims: Record<string, unknown>) =>
    signedToken({ issuer, subject, type, claims, iat: nowSeconds() })
  const operator = nkeys.createOperator()
  const [account, system] = [nkeys.createAccount(), nkeys.createAccount()]
  const operatorToken = sign(operator, operator, 'operator', {})
  return {
    /** Returns lines for the configuration of a server. */
    serverConfig({ revoked }: { revoked?: string } = {}): string {
      const revocations = revoked === undefined ? {} : { revocations: { [revoked]: nowSeconds() + 1 } }
      const accountToken = sign(operator, account, 'account', { limits, ...revocations })
      const systemToken = sign(operator, system, 'account', { limits })
      return [
        `operator: ${operatorToken}`,
        'resolver: MEMORY',
        `system_account: ${system.getPublicKey()}`,
        'resolver_preload: {',
        `${account.getPublicKey()}: ${accountToken}`,
        `${system.getPublicKey()}: ${systemToken}`,
        '}',
      ].join('\n')
    },
    issueUser(): { publicKey: string; seed: string; creds: string } {
      const user = nkeys.createUser()
      const seed = new TextDecoder().decode(user.getSeed())
      const token = sign(account, user, 'user', { subs: -1, data: -1, payload: -1 })
      return { publicKey: user.getPublicKey(), seed, creds: credsOf(token, seed) }
    },
  }
}

const limits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1 }

interface Claim {
  readonly issuer: KeyPair
  readonly subject: KeyPair
  readonly type: string
  readonly claims: Record<string, unknown>
  /** The time of issue in seconds since the epoch. */
  readonly iat: number
}

function signedToken({ issuer, subject, type, claims, iat }: Claim): string {
  const body = {
    iat,
    iss: issuer.getPublicKey(),
    name: type,
    sub: subject.getPublicKey(),
    nats: { type, version: 2, ...claims },
  }
  const jti = createHash('sha256').update(JSON.stringify(body)).digest('base64url')
  const text = [
    { typ: 'JWT', alg: 'ed25519-nkey' },
    { jti, ...body },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`
}

function credsOf(token: string, seed: string): string {
  return [
    '-----BEGIN NATS USER JWT-----',
    token,
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n')
}
