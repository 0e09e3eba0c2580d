import { expect, test } from 'vitest'
import { unservedApi } from './unserved-apis.ts'

test.each([
  ['/v1/assistants', 'Assistants'],
  ['/v1/threads/thread_1/runs/run_1/steps', 'Assistants'],
  ['/assistants', 'Assistants'],
  ['/openai/assistants', 'Assistants'],
  ['/openai/v1/conversations/conv_1/items', 'Conversations'],
  ['/v1/vector_stores/vs_1/files', 'Vector Stores'],
  ['/v1/chat/completions/chatcmpl_1/messages', 'Stored Completions'],
  ['/v1/responses/compact', 'Response Compaction'],
  ['/v1/fine_tuning/alpha/graders/run', 'Fine-tuning'],
  ['/v1/realtime/client_secrets', 'Realtime REST'],
  ['/anthropic/v1/messages/batches/b_1/results', 'Message Batches'],
  ['/v1/organizations/usage_report/messages', 'Administration'],
  ['/v1beta/cachedContents/c_1', 'Context Caching'],
  ['/mcp/server', 'MCP'],
])('%s is of the %s API', (path, name) => {
  const found = unservedApi(path)
  expect(found?.name).toBe(name)
  expect(found?.instead).toMatch(/^[A-Z].*\.$/)
})

test.each(['/v1/files/a/b', '/upload/v1beta/files', '/openai/deployments/gpt/extensions'])(
  '%s is of some API',
  (path) => expect(unservedApi(path)).toEqual({ name: undefined, instead: '' }),
)

test.each(['/', '/v1', '/v1/chat/completion', '/v1/thread', '/v1/constructor', '/v1/toString/x', '/health', '/live'])(
  '%s is of none',
  (path) => expect(unservedApi(path)).toBeUndefined(),
)
