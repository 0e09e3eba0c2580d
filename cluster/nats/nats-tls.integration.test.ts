// The link to servers that use TLS: the certificate is checked against the name or address that the operator gave.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import type { NatsLink } from './nats-link.ts'
import { findNatsServer, type NatsRig, startNatsRig } from './nats-rig.ts'
import { openNatsLink } from './open-nats-link.ts'

let rig: NatsRig | undefined
let link: NatsLink | undefined
let folder: string
beforeEach((context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  if (spawnSync('openssl', ['version']).status !== 0) context.skip('openssl is not installed')
  folder = mkdtempSync(join(tmpdir(), 'headgate-nats-tls-'))
})
afterEach(async () => {
  await link?.close()
  await rig?.dispose()
  rmSync(folder, { recursive: true, force: true })
})

/** Makes a self-signed certificate for `names` such as `IP:127.0.0.1`. */
function certificate(names: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const about = ['-subj', '/CN=nats', '-addext', `subjectAltName=${names}`, '-days', '2', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...curve, ...about, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { cert, key }
}

async function startWith(names: string): Promise<string> {
  const { cert, key } = certificate(names)
  rig = await startNatsRig({ config: `tls { cert_file: "${cert}", key_file: "${key}" }` })
  return cert
}

function open(server: string, caFile?: string): NatsLink {
  const around = { name: 'test', clock: systemClock, chance: Math.random, notify: () => {} }
  const opened = openNatsLink({ servers: [server], ...around, ...(caFile === undefined ? {} : { caFile }) })
  if (!opened.ok) throw new Error(opened.error.message)
  link = opened.value
  return opened.value
}

const within = { timeout: 60_000, interval: 20 }

test('a server with a certificate for its address is taken', async () => {
  const caFile = await startWith('IP:127.0.0.1')
  const link = open(`tls://127.0.0.1:${rig!.server.port}`, caFile)
  await expect.poll(() => link.status.isConnected, within).toBe(true)
})

test('a server with a certificate for its name is taken', async () => {
  const caFile = await startWith('DNS:localhost')
  const link = open(`localhost:${rig!.server.port}`, caFile)
  await expect.poll(() => link.status.isConnected, within).toBe(true)
})

test('a certificate for somebody else is refused, and the trouble says so', async () => {
  const caFile = await startWith('DNS:nats.example.com')
  const link = open(`127.0.0.1:${rig!.server.port}`, caFile)
  await expect.poll(() => link.status.trouble, within).toMatch(/does not match certificate/)
})

test('a certificate of an unknown authority is refused', async () => {
  await startWith('IP:127.0.0.1')
  const link = open(`tls://127.0.0.1:${rig!.server.port}`)
  await expect.poll(() => link.status.trouble, within).toMatch(/self-signed/)
})

test('a server without TLS is refused where TLS is asked for', async () => {
  rig = await startNatsRig()
  const link = open(`tls://127.0.0.1:${rig.server.port}`)
  await expect.poll(() => link.status.trouble, within).toMatch(/tls/)
})
