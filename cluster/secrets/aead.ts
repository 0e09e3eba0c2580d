// AES-256-GCM with a fresh 96-bit nonce. Nonce, ciphertext and tag form one buffer.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

/** Encrypts `plain`. `context` is authenticated but not stored: decryption needs the same context. */
export function encrypt(key: Uint8Array, plain: Uint8Array, context: string): Buffer {
  // Nonces come from the operating system alone: a repeated nonce would break the secrecy of the key.
  return encryptWith(randomBytes(nonceBytes), key, plain, context)
}

/** Encrypts deterministically: equal text and context give equal ciphertext, which reveals that two texts are equal,
 *  and nothing more. The nonce is derived from the text, as in a synthetic IV (RFC 5297). A key for this must be used
 *  for nothing else. */
export function encryptFixed(key: Uint8Array, plain: Uint8Array, context: string): Buffer {
  const { nonceKey, textKey } = fixedKeys(key)
  const nonce = createHmac('sha256', nonceKey)
    .update(context)
    .update('\0')
    .update(plain)
    .digest()
    .subarray(0, nonceBytes)
  return encryptWith(nonce, textKey, plain, context)
}

export function decryptFixed(key: Uint8Array, sealed: Uint8Array, context: string): Buffer | undefined {
  return decrypt(fixedKeys(key).textKey, sealed, context)
}

function fixedKeys(key: Uint8Array): { nonceKey: Buffer; textKey: Buffer } {
  const derive = (purpose: string) => createHmac('sha256', key).update(purpose).digest()
  return { nonceKey: derive('nonce'), textKey: derive('text') }
}

function encryptWith(nonce: Uint8Array, key: Uint8Array, plain: Uint8Array, context: string): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(context))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Decrypts; returns undefined for anything that `encrypt` did not make with this key and context. */
export function decrypt(key: Uint8Array, sealed: Uint8Array, context: string): Buffer | undefined {
  if (sealed.byteLength < nonceBytes + tagBytes) return undefined
  const end = sealed.byteLength - tagBytes
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(end))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, end)), decipher.final()])
  } catch {
    return undefined
  }
}

const nonceBytes = 12
const tagBytes = 16
