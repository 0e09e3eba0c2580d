// Why no connection came about, in words without an address: what Node says of it names hosts and addresses, which are for
// operators alone.

/** A clause that tells the cause of an error of a connection; undefined where it is not one of the usual ones. */
export function connectCauseIn(message: string): string | undefined {
  return causes.find(([pattern]) => pattern.test(message))?.[1]
}

/** The same for an error of TLS. */
export function tlsCauseIn(message: string): string | undefined {
  return tlsCauses.find(([pattern]) => pattern.test(message))?.[1]
}

type Cause = readonly [pattern: RegExp, clause: string]

// source: https://nodejs.org/api/errors.html, common system errors, and the codes of getaddrinfo
const causes: readonly Cause[] = [
  [/\b(ENOTFOUND|ENODATA)\b/, 'its host name is not known'],
  [/\b(EAI_[A-Z]+|ESERVFAIL|EREFUSED|ETIMEOUT)\b/, 'its host name could not be looked up now'],
  [/\bECONNREFUSED\b/, 'the connection was refused, so nothing listens there'],
  [/\b(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)\b/, 'the connection timed out'],
  [/\b(EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)\b/, 'there is no route to its host'],
  [/\bECONNRESET\b|socket hang up/, 'the connection was closed while it was opened'],
  [/\b(EMFILE|ENFILE|ENOBUFS)\b|connections are open already/, 'the gateway has no more connections to open'],
  [/egress|allowPrivate|metadata/, 'its address may not be called'],
]

// source: https://nodejs.org/api/tls.html, X509 certificate error codes, and OpenSSL's reasons
const tlsCauses: readonly Cause[] = [
  [/expired/i, 'its certificate has expired'],
  [/not yet valid/i, 'its certificate is not valid yet'],
  [/altnames|hostname\/ip/i, 'its certificate is for another host name'],
  [/self[- ]signed/i, 'its certificate is self-signed'],
  [/unable to (verify|get)|issuer/i, 'its certificate was issued by an authority that is not known here'],
  [/revoked/i, 'its certificate was revoked'],
  [/wrong version number|packet length too long|http request|EPROTO/i, 'it does not speak TLS at this port'],
]
