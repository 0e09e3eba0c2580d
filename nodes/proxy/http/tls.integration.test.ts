import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { expect, test } from 'vitest'
import { until } from './raw-client.ts'
import { key, startTestServer } from './test-handler.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

test.skipIf(!hasOpenssl)('with a certificate the port speaks TLS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-tls-'))
  const certFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  })
  const { server, port } = await startTestServer({ tls: { certFile, keyFile } })
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  socket.write(`GET /v1/echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\n\r\n`)
  expect(await until(socket, 'Content-Length: 0')).toContain('200 OK')
  socket.destroy()
  server.close()
  rmSync(folder, { recursive: true })
})

test('a certificate that is not there keeps the server from starting', async () => {
  const tls = { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' }
  await expect(startTestServer({ tls })).rejects.toThrow('ENOENT')
})
