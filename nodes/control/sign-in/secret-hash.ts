// Tokens are compared by their SHA-256 in constant time: neither their length nor a matching beginning can be measured,
// and what is kept (in memory, on disk) opens nothing.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

export function tokenMatches(token: string, hash: Uint8Array): boolean {
  return timingSafeEqual(hashToken(token), hash)
}

/** 256 random bits, safe in URLs and cookies. */
export function newToken(prefix = ''): string {
  return prefix + randomBytes(32).toString('base64url')
}
