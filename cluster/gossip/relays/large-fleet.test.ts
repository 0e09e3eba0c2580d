// Large clusters with many buckets in use, from a seed: whatever there is to tell, a node sends and receives no more than 64 KB/s, no
// bucket gives more than it has, and where there is more to tell than that, what is used falls instead.
// `npm run test:long -- large-fleet` goes to 1,000 nodes and 10,000 buckets, and prints a table.
import { expect, test } from 'vitest'
import { runKeys } from '../test-fleet-keys.ts'

interface Size {
  readonly nodes: number
  readonly keys: number
  readonly seconds: number
  /** The least that is used of what comes back, in the last quarter of the time. */
  readonly usedMin: number
  readonly demand?: number
}

const kbMax = 64
/** Below this one node decides for all about every charge, and nothing is granted. */
const perNode = 16
const seed = Number(process.env['LARGE_FLEET_SEED'] ?? 1)
const small: readonly Size[] = [{ nodes: 16, keys: 100, seconds: 120, usedMin: 0.95 }]
const large: readonly Size[] = [
  { nodes: 50, keys: 40, seconds: 120, usedMin: 0.95 },
  { nodes: 16, keys: 500, seconds: 180, usedMin: 0.9 },
  { nodes: 16, keys: 10_000, seconds: 180, usedMin: 0 },
  { nodes: 100, keys: 250, seconds: 180, usedMin: 0.9 },
  { nodes: 100, keys: 10_000, seconds: 20, usedMin: 0 },
  { nodes: 1_000, keys: 20, seconds: 60, usedMin: 0 },
  { nodes: 1_000, keys: 10_000, seconds: 15, usedMin: 0, demand: 0.1 },
]
const sizes = process.env['LARGE_FLEETS'] === 'all' ? [...small, ...large] : small

test.each(sizes)('$nodes nodes, $keys buckets, seed ' + seed, ({ nodes, keys, seconds, usedMin, demand = 2 }) => {
  const capacity = perNode * nodes
  const run = { nodes, keys, capacity, perMinute: capacity, demand, seconds, where: 'all' } as const
  const { sentKb, receivedKb, meanKb, used, over, worstOver } = runKeys(run, seed)
  const kb = [sentKb, receivedKb, meanKb].map((one) => one.toFixed(1)).join(' / ')
  const line = `| ${nodes} | ${keys} | ${seconds} s | ${kb} KB/s | ${percent(used)} | ${percent(over)} | ${percent(worstOver)} |`

  if (sizes !== small) process.stdout.write(`${line}\n`)
  expect(sentKb + receivedKb).toBeLessThanOrEqual(kbMax)
  expect(worstOver).toBeLessThanOrEqual(0.005)
  expect(used).toBeGreaterThanOrEqual(usedMin)
})

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`
}
