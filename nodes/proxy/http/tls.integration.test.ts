import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from './raw-client.ts'
import { key, startTestServer, type TestServer } from './test-handler.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

describe.skipIf(!hasOpenssl)('with a certificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-tls-'))
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  let at: TestServer
  beforeAll(async () => {
    // With RSA a client could ask for ciphers without forward secrecy.
    const args = ['-newkey', 'rsa:2048', '-subj', '/CN=localhost', '-days', '2', '-nodes']
    execFileSync('openssl', ['req', '-x509', ...args, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
    at = await startTestServer({ tls: { certFile, keyFile, hstsMs: 3_600_000 } })
  })
  afterAll(() => {
    at.server.close()
    rmSync(folder, { recursive: true })
  })

  function spoken(options: tls.ConnectionOptions): Promise<string> {
    return new Promise((resolve) => {
      // Level 0: the client itself would refuse old versions.
      const ciphers = `${options.ciphers ?? 'ALL'}@SECLEVEL=0`
      const socket = tls.connect({ port: at.port, host: '127.0.0.1', rejectUnauthorized: false, ...options, ciphers })
      socket.on('error', () => resolve('refused'))
      socket.on('secureConnect', () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`)
        socket.destroy()
      })
    })
  }

  test('the port speaks TLS, and browsers are told to come back with it', async () => {
    const socket = tls.connect({ port: at.port, host: '127.0.0.1', rejectUnauthorized: false })
    socket.write(`GET /v1/echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\n\r\n`)
    const text = await until(socket, 'Content-Length: 0')
    expect(text).toContain('200 OK')
    expect(text).toContain('\r\nstrict-transport-security: max-age=3600\r\n')
    socket.destroy()
  })

  test.each<[string, tls.ConnectionOptions, RegExp]>([
    ['TLS 1.3', { minVersion: 'TLSv1.3' }, /^TLSv1\.3 TLS_/],
    ['TLS 1.2 with a key of its own', { maxVersion: 'TLSv1.2' }, /^TLSv1\.2 ECDHE-RSA-/],
    ['an old phone', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-CHACHA20-POLY1305' }, /CHACHA20/],
    ['TLS 1.2 with the key of the certificate', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }, /^refused$/],
    ['the same with CBC', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }, /^refused$/],
    ['CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA' }, /^refused$/],
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }, /^refused$/],
    ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1' }, /^refused$/],
  ])('%s', async (_what, options, expected) => {
    expect(await spoken(options)).toMatch(expected)
  })
})

test('a certificate that is not there keeps the server from starting', async () => {
  const tls = { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem', hstsMs: 0 }
  await expect(startTestServer({ tls })).rejects.toThrow('ENOENT')
})
