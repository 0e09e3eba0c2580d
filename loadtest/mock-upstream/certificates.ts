// A throw-away certificate authority and a server certificate for loopback, made by openssl when they are needed: no
// private key lies in the repository, and none outlives its folder.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const program = 'openssl'

export interface Certificates {
  /** Paths of PEM files. */
  authorityFile: string
  certificateFile: string
  keyFile: string
}

/** Throws when openssl is absent. */
export function makeCertificates(folder: string): Certificates {
  const path = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync(program, args, { stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const authority = ['-keyout', path('ca.key'), '-out', path('ca.pem'), '-days', '2', '-subj', '/CN=Mock authority']
  openssl('req', '-x509', ...newKey, ...authority)
  openssl('req', ...newKey, '-keyout', path('server.key'), '-out', path('server.csr'), '-subj', '/CN=localhost')
  writeFileSync(path('server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  const signer = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-extfile', path('server.ext')]
  openssl('x509', '-req', '-in', path('server.csr'), ...signer, '-out', path('server.pem'), '-days', '2')
  return { authorityFile: path('ca.pem'), certificateFile: path('server.pem'), keyFile: path('server.key') }
}
