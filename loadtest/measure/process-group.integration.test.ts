import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { cpuMsOfGroup, parseStat, readGroup } from './process-group.ts'

test('a name with spaces and parentheses does not shift the fields', () => {
  const fields = ['S', '1', '77', ...Array(8).fill('0'), '5', '6', '7', '8', '20']
  expect(parseStat(`12 (a b) c) ${fields.join(' ')}`)).toEqual({ group: 77, ticks: 26 })
})

test.skipIf(process.platform !== 'linux')('a group counts its threads and its children, and no launcher', async () => {
  const burn =
    'for (let used = 0; used < 300_000; ) { const { user, system } = process.cpuUsage(); used = user + system }'
  const worker = `const { Worker } = require('worker_threads'); new Worker(${JSON.stringify(burn)}, { eval: true }); setTimeout(() => {}, 60000)`
  const shell = `"${process.execPath}" -e "$1" & wait`
  const child = spawn('sh', ['-c', shell, 'sh', worker], { detached: true, stdio: 'ignore' })
  const group = child.pid ?? 0
  try {
    await expect.poll(() => cpuMsOfGroup(group), { timeout: 60_000 }).toBeGreaterThan(240)
    const reading = readGroup(group)
    expect(reading.processes).toBe(1)
    expect(reading.pssKb).toBeGreaterThan(10_000)
    expect(reading.descriptors).toBeGreaterThan(3)
  } finally {
    process.kill(-group, 'SIGKILL')
  }
})
