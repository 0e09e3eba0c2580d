// The session cookie. Over TLS its name begins with `__Host-`: browsers then take it only from this very host, for the
// whole site and never in the clear, so a neighbouring subdomain cannot plant one. Plain HTTP exists on loopback alone.
import type { ControlRequest } from '../http/server.ts'

export function sessionCookieOf(request: ControlRequest): string | undefined {
  const name = cookieName(request.secure)
  for (const pair of (request.header('cookie') ?? '').split(';')) {
    const [key, value] = pair.trim().split('=')
    if (key === name && value !== undefined && /^[\w-]{43}$/.test(value)) return value
  }
  return undefined
}

export function setSessionCookie(request: ControlRequest, cookie: string): Record<string, string> {
  return setCookie(request, `${cookieName(request.secure)}=${cookie}`)
}

export function clearSessionCookie(request: ControlRequest): Record<string, string> {
  return setCookie(request, `${cookieName(request.secure)}=; Max-Age=0`)
}

function setCookie(request: ControlRequest, pair: string): Record<string, string> {
  return { 'set-cookie': `${pair}; Path=/; HttpOnly; SameSite=Lax${request.secure ? '; Secure' : ''}` }
}

function cookieName(secure: boolean): string {
  return secure ? '__Host-headgate' : 'headgate'
}
