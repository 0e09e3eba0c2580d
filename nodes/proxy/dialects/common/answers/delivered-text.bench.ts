// Measures what counting costs per event of a stream. Run: node nodes/proxy/dialects/common/answers/delivered-text.bench.ts.
// Target: 0.1 µs for an event of a word.
import { DeliveredText } from './delivered-text.ts'

const chunk = (text: string) => ({
  id: 'chatcmpl-D8Z5f52zQqikDBEKQMQoYcWMcWPeU',
  object: 'chat.completion.chunk',
  created: 1_770_933_883,
  model: 'gpt-4.1-nano-2025-04-14',
  service_tier: 'default',
  system_fingerprint: 'fp_7f8eb7d1f9',
  choices: [{ index: 0, delta: { content: text }, logprobs: null, finish_reason: null }],
  obfuscation: 'a1b2c3d4',
})
const delta = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
const chatMembers = [['reasoning_content', 'reasoning', 'content', 'text'], ['arguments'], ['refusal']]
const cases: [string, readonly (readonly string[])[], object][] = [
  ['chat, a word', chatMembers, chunk(' gateway')],
  ['chat, a sentence', chatMembers, chunk('Deep in the forest there was a gate that counted every word.')],
  ['chat, no text', chatMembers, chunk('')],
  ['messages, a word', [['text', 'partial_json', 'thinking']], delta(' gateway')],
]

for (const [name, members, event] of cases) {
  const text = Buffer.from(`data: ${JSON.stringify(event)}\n\n`).latin1Slice()
  const delivered = new DeliveredText(members)
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 7; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < 1_000_000; i++) delivered.add(text)
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1e9)
  }
  process.stdout.write(`${name.padEnd(20)} ${least.toFixed(3)} µs\n`)
}
