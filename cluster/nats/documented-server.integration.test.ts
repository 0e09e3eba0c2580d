// A server starts with the configuration of the guide.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findNatsServer } from './nats-rig.ts'

test('nats-server takes the configuration of docs/nats.md', (context) => {
  const server = findNatsServer()
  if (server === undefined) return context.skip('nats-server is not installed')
  const guide = readFileSync(new URL('../../docs/nats.md', import.meta.url), 'utf8')
  const configuration = /```\n(server_name[\s\S]*?)```/.exec(guide)?.[1] ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'headgate-documented-'))
  const file = join(folder, 'nats.conf')
  writeFileSync(file, configuration)
  const checked = spawnSync(server, ['-t', '-c', file], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  expect(configuration).toContain('jetstream')
  expect({ status: checked.status, said: checked.stderr }).toMatchObject({ status: 0 })
})
