// Reads the credentials file of this node: a creds file (a user's token and its seed, as `nsc` writes them) or the seed
// of an nkey alone. It is read for each connection, so a new credential needs no restart.
import { readFile } from 'node:fs/promises'
import { type Authenticator, credsAuthenticator, nkeyAuthenticator } from '@nats-io/transport-node'
import { done, fail, type Result } from '../../shared/result.ts'

/** A failure is a sentence that contains nothing of the file's content. */
export async function readCredentials(path: string): Promise<Result<Authenticator, string>> {
  let content: Buffer
  try {
    content = await readFile(path)
  } catch {
    return fail('the credentials file cannot be read')
  }
  const authenticator = authenticatorOf(content)
  try {
    // Sign once: an unusable key is found here, and not by the client in the middle of connecting.
    authenticator('probe')
    return done(authenticator)
  } catch {
    return fail('the credentials file holds neither NATS credentials nor the seed of an nkey')
  }
}

function authenticatorOf(content: Buffer): Authenticator {
  const seed = /^\s*(SU[A-Z2-7]{56})\s*$/.exec(content.toString('latin1'))?.[1]
  return seed === undefined ? credsAuthenticator(content) : nkeyAuthenticator(Buffer.from(seed))
}
