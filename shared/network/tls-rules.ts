// What every port that speaks TLS holds to. All ciphers have forward secrecy and authenticate what they encrypt: a recorded
// conversation stays closed when the key of the certificate leaks. Every client of the last ten years has one of them.

/** The least version, as Node names it. uWebSockets.js has the same without being told. */
export const tlsVersionMin = 'TLSv1.2'

/** The ciphers of TLS 1.2 in OpenSSL's names. Those of TLS 1.3 all have forward secrecy. */
export const forwardSecretCiphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
]

/** The ciphers of TLS 1.3, which Node takes in the same list. */
export const tls13Ciphers = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']

/** The value of `strict-transport-security`. Undefined where browsers are told nothing. */
export function strictTransportSecurity(ms: number): string | undefined {
  return ms === 0 ? undefined : `max-age=${Math.floor(ms / 1_000)}`
}
