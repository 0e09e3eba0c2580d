// Ready-to-run code with endpoint, key and model filled in.
import { agentSnippets } from './agent-snippets.ts'
import { literal, type Snippet, shell, type Target } from './snippet.ts'

const prompt = 'Say hello in one short sentence.'

export function snippetsFor(target: Target): readonly Snippet[] {
  return [
    { id: 'curl', label: 'curl', install: '', text: curl(target) },
    { id: 'python', label: 'Python', install: 'pip install openai', text: python(target) },
    { id: 'javascript', label: 'JavaScript', install: 'npm install openai', text: javascript(target) },
    { id: 'ai-sdk', label: 'AI SDK', install: 'npm install ai @ai-sdk/openai-compatible', text: aiSdk(target) },
    { id: 'langchain', label: 'LangChain', install: 'npm install @langchain/openai', text: langchain(target) },
    { id: 'environment', label: 'Environment', install: '', text: environment(target) },
    ...agentSnippets(target),
  ]
}

function curl({ endpoint, key, model }: Target): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: prompt }] })
  return [
    `curl ${shell(`${endpoint}/v1/chat/completions`)} \\`,
    `  -H ${shell(`authorization: Bearer ${key}`)} \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d ${shell(body)}`,
  ].join('\n')
}

function python({ endpoint, key, model }: Target): string {
  return `from openai import OpenAI

client = OpenAI(
    base_url=${literal(`${endpoint}/v1`)},
    api_key=${literal(key)},
)

answer = client.chat.completions.create(
    model=${literal(model)},
    messages=[{"role": "user", "content": ${literal(prompt)}}],
)
print(answer.choices[0].message.content)`
}

function javascript({ endpoint, key, model }: Target): string {
  return `import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: ${literal(`${endpoint}/v1`)},
  apiKey: ${literal(key)},
})

const answer = await client.chat.completions.create({
  model: ${literal(model)},
  messages: [{ role: 'user', content: ${literal(prompt)} }],
})
console.log(answer.choices[0].message.content)`
}

function aiSdk({ endpoint, key, model }: Target): string {
  return `import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'

const headgate = createOpenAICompatible({
  name: 'headgate',
  baseURL: ${literal(`${endpoint}/v1`)},
  apiKey: ${literal(key)},
})

const { textStream } = streamText({
  model: headgate(${literal(model)}),
  prompt: ${literal(prompt)},
})
for await (const text of textStream) process.stdout.write(text)`
}

function langchain({ endpoint, key, model }: Target): string {
  return `import { ChatOpenAI } from '@langchain/openai'

const chat = new ChatOpenAI({
  model: ${literal(model)},
  apiKey: ${literal(key)},
  configuration: { baseURL: ${literal(`${endpoint}/v1`)} },
})

const answer = await chat.invoke(${literal(prompt)})
console.log(answer.content)`
}

function environment({ endpoint, key, model }: Target): string {
  return [
    '# Read by the OpenAI SDKs and by most tools built on them.',
    `export OPENAI_BASE_URL=${shell(`${endpoint}/v1`)}`,
    `export OPENAI_API_KEY=${shell(key)}`,
    `export OPENAI_MODEL=${shell(model)}`,
  ].join('\n')
}
