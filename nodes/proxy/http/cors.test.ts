// Which headers scripts of other origins may read.
import { expect, test } from 'vitest'
import { corsHeaders } from './cors.ts'

test('scripts may read every header about limits', () => {
  const head = { header: () => 'https://app.example.com' }
  const [, , , exposed = ''] = corsHeaders(head, ['*']) ?? []
  for (const unit of ['requests', 'tokens', 'input-tokens', 'output-tokens'])
    expect(exposed.split(', ')).toContain(`anthropic-ratelimit-${unit}-remaining`)
})
