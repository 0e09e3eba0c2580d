import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { appendNext, connectedLink, nextEvent, startNode } from '../config-log/replication/jetstream-rig.ts'
import { DiskProbe } from './disk-probe.ts'
import { findNatsServer, startNatsRig } from './nats-rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-full-store-'))
const mounted = mountSmall()
afterAll(() => {
  if (mounted) execFileSync('umount', [folder])
  rmSync(folder, { recursive: true })
})

function mountSmall(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('a full disk under JetStream is an alarm that names it; nothing acknowledged is lost, and a restart helps', async (context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  if (!mounted) context.skip('mounting a small file system needs root')
  const rig = await startNatsRig({ storeRoot: folder })
  const node = await startNode({ url: rig.url })
  const link = await connectedLink(rig.url)
  const notices: Notice[] = []
  const timing = { everyMs: 300, silentMs: 3_000 }
  const probe = new DiskProbe({ link, clock: systemClock, notify: (notice) => void notices.push(notice), ...timing })
  try {
    for (let i = 0; i < 20; i++) expect(await appendNext(node.log, `before-${i}`)).toMatchObject({ ok: true })
    await probe.probe()
    probe.start()
    expect(probe.troubles()).toEqual([])

    fill()
    // This is more than fits into the room that is left in the last block.
    const { event: large, after } = await nextEvent(node.log, 'meanwhile', 'x'.repeat(10_000))
    const meanwhile = node.log.append(large, after)
    await expect.poll(() => probe.troubles(), { timeout: 60_000 }).toMatchObject([{ level: 'degraded' }])
    expect(probe.troubles()[0]?.reason).toContain('Look at the disk of its store_dir')
    await expect.poll(() => node.log.state.type, { timeout: 60_000 }).toBe('away')

    rmSync(join(folder, 'ballast'))
    await rig.server.kill()
    await rig.server.start()
    await expect.poll(() => probe.troubles(), { timeout: 60_000 }).toEqual([])
    expect(await meanwhile).toMatchObject({ ok: true, value: { revision: 21 } })
    expect(await node.log.read(0, 100)).toMatchObject({ ok: true, value: { length: 21 } })
    expect(notices.map(({ type }) => type)).toEqual(['jetstream-stuck', 'jetstream-stores'])
  } finally {
    probe.stop()
    await link.close()
    await node.close()
    await rig.dispose()
  }
})

function fill(): void {
  try {
    writeFileSync(join(folder, 'ballast'), new Uint8Array(16 << 20))
  } catch {
    // The error is expected: all that fits is written.
  }
}
