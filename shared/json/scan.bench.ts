// Measures a scan. Run: node shared/json/scan.bench.ts. Targets: 0.4 µs for 0.3 KB, 12 µs for 32 KB, 60 µs for 256 KB.
import { BodyScan, scanBody } from './scan.ts'

const text = 'Deep in the forest there was a gate that counted every word which went through it. '
const tail = '],"model":"gpt-4o","stream":true,"max_tokens":64}'
const turn = (content: string) => `{"role":"user","content":"${content}"}`
const image = `{"type":"image_url","image_url":{"url":"data:image/png;base64,${'iVBORw0KGgoAAAANS'.repeat(15_000)}"}}`
const bodies: [string, string][] = [
  ['0.3 KB', `{"messages":[${turn(text.repeat(2))}${tail}`],
  ['32 KB, one message', `{"messages":[${turn(text.repeat(390))}${tail}`],
  [
    '32 KB, 70 messages',
    `{"messages":[${Array(70)
      .fill(turn(text.repeat(5)))
      .join(',')}${tail}`,
  ],
  ['32 KB, a line break each 80 bytes', `{"messages":[${turn((text + '\\n').repeat(380))}${tail}`],
  ['32 KB, quotes each 20 bytes', `{"messages":[${turn('some \\"quoted\\" words '.repeat(1_500))}${tail}`],
  ['256 KB, an image, model last', `{"messages":[{"role":"user","content":[${image}]}${tail}`],
]
for (const [name, body] of bodies) {
  const bytes = Buffer.from(body)
  const scan = best(() => scanBody(bytes, new BodyScan()), bytes.length)
  const parse = best(() => JSON.parse(bytes.toString()), bytes.length)
  process.stdout.write(`${name.padEnd(36)} ${scan.toFixed(2).padStart(8)} µs   JSON.parse ${parse.toFixed(2)} µs\n`)
}

/** The best of five rounds, µs per call. */
function best(run: () => unknown, bytes: number): number {
  const count = Math.max(200, Math.floor(20_000_000 / (bytes + 200)))
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < count; i++) run()
    least = Math.min(least, Number(process.hrtime.bigint() - start) / count / 1_000)
  }
  return least
}
