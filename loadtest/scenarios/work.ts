// The request bodies. Every subject gets the same bytes: `model` is the work's own name, which Headgate knows as an alias
// and everyone else passes on to a mock that does not read it.

export interface Work {
  /** Lower case, unique: also the name of a provider and of a model. */
  name: string
  /** Directives to the mock (see its `directives.ts`). */
  directives: string
  /** The upstream speaks TLS. */
  tls: boolean
  body: string
  stream: boolean
  /** The APIs of the caller and the upstream; where they differ, the answer has to be translated. */
  caller: Speech
  upstream: Speech
}

export type Speech = 'openai' | 'anthropic'

export interface WorkOptions {
  name: string
  directives: string
  tls?: boolean
  body: (model: string) => object
  caller?: Speech
  upstream?: Speech
}

export function work(options: WorkOptions): Work {
  const { name, directives, tls = false, caller = 'openai', upstream = 'openai' } = options
  const stream = directives.startsWith('sse')
  const body = JSON.stringify(options.body(name))
  return { name, directives, tls, body, stream, caller, upstream }
}

export function isTranslated({ caller, upstream }: Work): boolean {
  return caller !== upstream
}

const sentence = 'Tell me about the weather in Paris. '

/** A chat request of about 300 bytes. */
export function smallChat(model: string) {
  const system = { role: 'system', content: 'You are a helpful assistant.' }
  return { model, messages: [system, { role: 'user', content: sentence.repeat(4) }], temperature: 0.7 }
}

/** The same as a caller of Anthropic's API says it. */
export function smallMessages(model: string) {
  const messages = [{ role: 'user', content: sentence.repeat(4) }]
  return { model, system: 'You are a helpful assistant.', messages, max_tokens: 500, temperature: 0.7 }
}

/** 32 KB in one message. */
export function longChat(model: string) {
  return { model, messages: [{ role: 'user', content: sentence.repeat(930) }] }
}

/** 32 KB in 70 messages. */
export function manyMessages(model: string) {
  const roles = ['user', 'assistant']
  const messages = Array.from({ length: 70 }, (_, index) => ({ role: roles[index % 2], content: sentence.repeat(12) }))
  return { model, messages }
}

/** 256 KB: two texts around an image as base64. */
function imageMessages() {
  const url = `data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUgAA'.repeat(10_800)}`
  const text = (content: string) => ({ type: 'text', text: content })
  const content = [text('What is in this picture?'), { type: 'image_url', image_url: { url } }, text(sentence)]
  return [{ role: 'user', content }]
}

export const imageModelFirst = (model: string) => ({ model, messages: imageMessages() })
export const imageModelLast = (model: string) => ({ messages: imageMessages(), model })

export function streamedMessages(model: string) {
  return { model, stream: true, max_tokens: 500, messages: [{ role: 'user', content: 'go' }] }
}

export function streamedChat(model: string) {
  return { model, stream: true, messages: [{ role: 'user', content: 'go' }] }
}
