// A control node as a process of its own, for tests of whoever talks to one: prints `{url, dataDir, adminToken}` once it is
// ready and ends with its stdin.
import { adminToken, startedControl } from './started-control.ts'

const control = await startedControl({
  node: { name: 'test', version: '0.0.0', role: 'control' },
  variables: { HEADGATE_DEMO: 'on' },
})
process.stdout.write(`${JSON.stringify({ url: control.url, dataDir: control.dataDir, adminToken })}\n`)
process.stdin.on('end', () => void control.remove().then(() => process.exit(0))).resume()
