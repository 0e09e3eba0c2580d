import { expect, test } from 'vitest'
import { providerKinds } from '../../../shared/config/kinds/providers/spec.ts'
import { suitedTo } from './suited-dialect.ts'
import { testTarget } from './test-target.ts'
import { upstreamDialects, upstreamName } from './upstream-dialects.ts'

const models = ['gpt-x', 'claude-x', 'gemini-x', 'amazon.titan-embed-text-v2:0']
const targets = providerKinds.flatMap((kind) =>
  models.map((model) => testTarget({ kind, model, project: 'p', region: 'us-east-1' })),
)

test('the dialect of every target has a name by which another process finds it', () => {
  const request = { messages: [], tools: [], parameters: {}, extras: {} } as never
  for (const target of targets) {
    for (const dialect of [target.dialect, suitedTo(target, request).dialect]) {
      expect(upstreamDialects[upstreamName(dialect)]).toBe(dialect)
    }
  }
})
