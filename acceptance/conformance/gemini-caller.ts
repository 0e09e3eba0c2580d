// How a caller of Google's API asks, with Google's SDK.
import { ApiError, GoogleGenAI } from '@google/genai'
import type { Caller, Told, Wish } from './callers.ts'
import type { Body } from './wires.ts'

export function geminiCaller(base: string, secret: string): Caller {
  const google = new GoogleGenAI({ apiKey: secret, httpOptions: { baseUrl: base } })
  return {
    schema: undefined,
    errors: { badRequest: ApiError, rateLimit: ApiError },
    // Its errors are without headers.
    seesHeadersOfErrors: false,
    odd: { name: 'topK', told: 'generationConfig.topK', value: 37, mark: '37' },
    ask: (model, wish) => generate(google, model, wish),
  }
}

async function generate(google: GoogleGenAI, model: string, wish: Wish): Promise<Told> {
  const { question, stream, tool, result, image, schema, odd } = wish
  const picture = image ? [{ inlineData: { mimeType: 'image/png', data: image } }] : []
  const contents: Body = [
    { role: 'user', parts: [{ text: question }, ...picture] },
    ...(result ? calledBefore(result) : []),
  ]
  const config: Body = {
    systemInstruction: 'Be brief.',
    ...(tool ? { tools: [{ functionDeclarations: [{ name: tool.name, parametersJsonSchema: tool.schema }] }] } : {}),
    ...(schema ? { responseMimeType: 'application/json', responseJsonSchema: schema } : {}),
    ...odd,
  }
  if (!stream) {
    const raw: Body = await google.models.generateContent({ model, contents, config })
    return toldBy([raw], raw.sdkHttpResponse?.headers)
  }
  const chunks: Body[] = []
  for await (const chunk of await google.models.generateContentStream({ model, contents, config })) chunks.push(chunk)
  return toldBy(chunks, undefined)
}

function calledBefore({ name, args, text }: NonNullable<Wish['result']>): Body[] {
  const id = 'call_0'
  return [
    { role: 'model', parts: [{ functionCall: { id, name, args } }] },
    { role: 'user', parts: [{ functionResponse: { id, name, response: { output: text } } }] },
  ]
}

function toldBy(chunks: readonly Body[], headers: Record<string, string> | undefined): Told {
  const parts: Body[] = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
  const said = (isThought: boolean) =>
    parts.map(({ text, thought }) => ((thought === true) === isThought ? (text ?? '') : '')).join('')
  const calls = parts.flatMap(({ functionCall }) => (functionCall ? [functionCall] : []))
  const usage = chunks.findLast(({ usageMetadata }) => usageMetadata !== undefined)?.usageMetadata
  return {
    text: said(false),
    thoughts: said(true),
    raw: chunks[0],
    calls: calls.map(({ name, args }) => ({ name, args: args ?? {} })),
    // Gemini itself numbers no calls.
    ids: undefined,
    usage: usage && [usage.promptTokenCount, usage.totalTokenCount - usage.promptTokenCount],
    dropped: headers?.['x-headgate-dropped-params'] ?? null,
  }
}
