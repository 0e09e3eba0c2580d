// An upstream that other people wrote: aimock speaks the OpenAI API as its authors read it, so that our own mock and our
// own reading of the API cannot agree on a mistake.
import { LLMock } from '@copilotkit/aimock'

export const scriptedText = 'Hello from the scripted model: naïve café, 東京 🗼, and "quotes" too.'
export const scriptedCall = { name: 'get_weather', arguments: '{"city":"Berlin","unit":"celsius"}' }

/** The answer to a request for something `as data`. */
export const scriptedData = { city: 'Berlin', degrees: 21 }
const data = JSON.stringify(scriptedData)

/** Started; whoever starts it stops it. Every request stays in its journal. */
export async function startScriptedLlm(): Promise<LLMock> {
  const llm = new LLMock({ port: 0, journalMaxEntries: 0, chunkSize: 5 })
  llm.on({ userMessage: 'weather', hasToolResult: true }, { content: 'It is 21 degrees in Berlin.' })
  llm.on(
    { userMessage: 'weather', toolName: 'get_weather' },
    { toolCalls: [{ id: 'call_weather_1', ...scriptedCall }] },
  )
  llm.on({ userMessage: 'you are refused' }, refusal(400, 'The prompt is too long.', 'context_length_exceeded'))
  llm.on({ userMessage: 'you are limited' }, { ...refusal(429, 'Slow down.', 'rate_limit_exceeded'), retryAfter: 7 })
  llm.on({ userMessage: 'you are broken' }, refusal(500, 'Something broke.', 'server_error'))
  llm.onMessage('count me', { content: scriptedText, usage: { input_tokens: 11, output_tokens: 7 } })
  // Where a model has no form of its own for a schema, a tool stands in for it.
  llm.on({ userMessage: 'as data', toolName: 'json_answer' }, { toolCalls: [{ name: 'json_answer', arguments: data }] })
  llm.onMessage('as data', { content: data })
  llm.onModerate(/bomb/, { flagged: true, categories: { violence: true } })
  llm.onModerate(/.*/, { flagged: false, categories: { violence: false } })
  llm.onMessage(/.*/s, { content: scriptedText })
  await llm.start()
  return llm
}

function refusal(status: number, message: string, code: string) {
  return { status, error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error', code } }
}

/** The provider row of an OpenAI-shaped upstream at an origin or base URL. */
export function providerAt(url: string, apiKey = 'sk-upstream-canary') {
  const baseUrl = new URL(url).pathname === '/' ? `${url.replace(/\/$/, '')}/v1` : url
  return { kind: 'openai', baseUrl, credentials: [{ name: 'main', apiKey }] }
}

/** The same server under the names of other providers, whose dialects it speaks too, and a model on each. */
export function translatedLlm({ url }: LLMock) {
  const credentials = [{ name: 'main', apiKey: 'sk-upstream-canary' }]
  const aws = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'upstream-canary' }
  return {
    providers: {
      claude: { kind: 'anthropic', baseUrl: url, credentials },
      google: { kind: 'gemini', baseUrl: url, credentials },
      bedrock: { kind: 'bedrock', region: 'us-east-1', baseUrl: url, credentials: [{ name: 'main', aws }] },
      cohere: { kind: 'cohere', baseUrl: url, credentials },
    },
    models: {
      claude: modelOn('claude', 'claude-sonnet-4-5'),
      gemini: modelOn('google', 'gemini-2.5-flash'),
      nova: modelOn('bedrock', 'amazon.nova-pro-v1:0'),
      command: modelOn('cohere', 'command-a-03-2025'),
    },
  }
}

export const translatedModels = ['claude', 'gemini', 'nova', 'command'] as const

/** A model with one target and no second tries. */
export function modelOn(provider: string, model: string, more: object = {}) {
  return { targets: [{ provider, model }], retries: { attempts: 0 }, ...more }
}
