// Request bodies for the law of translation: of each dialect the shapes that cost the most of some step, of about a given size.
import { filled, numbered } from '../../../shared/json/test-bodies.ts'
import type { Sample } from './test-translators.ts'

export type Shape = readonly [name: string, make: (bytes: number) => string]

const word = 'Deep in the forest there was a gate. '
const base64 = 'iVBORw0KGgoAAAANSUhEUgAA'
const json = (value: unknown) => JSON.stringify(value)

/** Schemas of tools and answers. */
const wideSchema = (bytes: number) =>
  `{"type":"object","properties":{${numbered(bytes, (n) => `"p${n}":{"type":["string","null"]}`)}}}`
const nestedSchema = (bytes: number) =>
  `{"anyOf":[${filled('{"type":"object","properties":{"a":{"type":"array","items":{"$ref":"#/$defs/b"}}}},', bytes)}{"type":"null"}],"$defs":{"b":{"type":"string"}}}`
/** A description that references repeat: half of the bytes are the description, half are references. */
const repeatingSchema = (bytes: number) =>
  `{"type":"object","properties":{${numbered(bytes / 2, (n) => `"p${n}":{"$ref":"#/$defs/a"}`)}},"$defs":{"a":{"type":"string","description":"${filled(word, bytes / 2)}"}}}`

/** Schemas whose parts are compared with one another, merged, or written several times. */
const schemas: readonly (readonly [name: string, make: (bytes: number) => string])[] = [
  [
    'variants of one member',
    (bytes) =>
      `{"anyOf":[${numbered(bytes, (n) => `{"type":"object","properties":{"a":{"const":"v${n}"}},"required":["a"]}`)}]}`,
  ],
  [
    'variants of one type',
    (bytes) => `{"type":"object","properties":{"a":{"oneOf":[${filled('{"type":"string"},', bytes)}{"type":"null"}]}}}`,
  ],
  [
    'many required names',
    (bytes) => `{"type":"object","properties":{"a":{}},"required":[${numbered(bytes, (n) => `"p${n}"`)}]}`,
  ],
  ['many types', (bytes) => `{"type":"object","properties":{"a":{"type":[${filled('"string",', bytes)}"null"]}}}`],
  ['many values', (bytes) => `{"type":"object","properties":{"a":{"enum":[${numbered(bytes, (n) => `"v${n}"`)}]}}}`],
  [
    'parts of one schema',
    (bytes) =>
      `{"allOf":[${numbered(bytes, (n) => `{"properties":{"p${n}":{"type":"string"}},"required":["p${n}"]}`)}]}`,
  ],
  [
    'parts of parts',
    (bytes) =>
      `{"type":"object","properties":{${numbered(bytes, (n) => `"p${n}":{"allOf":[{"type":"string"},{"description":"d"}]}`)}}}`,
  ],
  [
    'definitions',
    (bytes) =>
      `{"type":"object","properties":{"a":{"$ref":"#/$defs/d1"}},"$defs":{${numbered(bytes, (n) => `"d${n}":{"$ref":"#/$defs/d${n + 1}"}`)}}}`,
  ],
  ['a description that references repeat', repeatingSchema],
  [
    'depth',
    (bytes) =>
      `${'{"type":"array","items":'.repeat(Math.min(bytes / 30, 40))}{"type":"string"}${'}'.repeat(Math.min(bytes / 30, 40))}`,
  ],
]

// ── chat completions ─────────────────────────────────────────────────────────────────────────────────────────────────

const chat = (messages: string, more = '') => `{"model":"m","messages":[${messages}]${more}}`
const hi = '{"role":"user","content":"hi"}'
const chatTool = (name: string, schema: string) =>
  `{"type":"function","function":{"name":"${name}","description":"d","parameters":${schema}}}`
const chatCall = (id: string) => `{"id":"${id}","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}`
const chatResult = (id: string) => `{"role":"tool","tool_call_id":"${id}","content":"x"}`

const chatShapes: readonly Shape[] = [
  ['a long text', (bytes) => chat(`{"role":"user","content":"${filled(word, bytes)}"}`)],
  ['escapes', (bytes) => chat(`{"role":"user","content":"${filled('\\n\\"a\\u00e9', bytes)}"}`)],
  ['wide characters', (bytes) => chat(`{"role":"user","content":"${filled('語é😀', bytes)}"}`)],
  ['white space', (bytes) => chat(`${filled(' ', Math.min(bytes, 7 << 20))}${hi}`)],
  ['small messages', (bytes) => chat(filled(`${hi},`, bytes) + hi)],
  ['small turns', (bytes) => chat(filled(`${hi},{"role":"assistant","content":"a"},`, bytes) + hi)],
  ['turns of the assistant', (bytes) => chat(`${hi},${filled('{"role":"assistant","content":"a"},', bytes)}${hi}`)],
  ['system messages', (bytes) => chat(filled('{"role":"system","content":"a"},', bytes) + hi)],
  ['late system messages', (bytes) => chat(filled(`${hi},{"role":"developer","content":"a"},`, bytes) + hi)],
  [
    'text parts',
    (bytes) =>
      chat(`{"role":"user","content":[${filled('{"type":"text","text":"a"},', bytes)}{"type":"text","text":"b"}]}`),
  ],
  [
    'text parts of the assistant',
    (bytes) =>
      chat(
        `${hi},{"role":"assistant","content":[${filled('{"type":"text","text":"a"},', bytes)}{"type":"text","text":"b"}]},${hi}`,
      ),
  ],
  [
    'marked parts',
    (bytes) =>
      chat(
        `{"role":"user","content":[${filled('{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},', bytes)}{"type":"text","text":"b"}]}`,
      ),
  ],
  [
    'an image in base64',
    (bytes) =>
      chat(
        `{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,${filled(base64, bytes)}"}}]}`,
      ),
  ],
  [
    'small images',
    (bytes) =>
      chat(
        `{"role":"user","content":[${filled(`{"type":"image_url","image_url":{"url":"data:image/png;base64,${base64}"}},`, bytes)}{"type":"text","text":"b"}]}`,
      ),
  ],
  [
    'addresses of images',
    (bytes) =>
      chat(
        `{"role":"user","content":[${filled('{"type":"image_url","image_url":{"url":"https://a/b.png"}},', bytes)}{"type":"text","text":"b"}]}`,
      ),
  ],
  [
    'a file in base64',
    (bytes) =>
      chat(
        `{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,${filled(base64, bytes)}"}}]}`,
      ),
  ],
  ['tools', (bytes) => chat(hi, `,"tools":[${numbered(bytes, (n) => chatTool(`f${n}`, '{"type":"object"}'))}]`)],
  [
    'tools with odd names',
    (bytes) => chat(hi, `,"tools":[${numbered(bytes, (n) => chatTool(`f.${n}/ü`, '{"type":"object"}'))}]`),
  ],
  [
    'tools with long names',
    (bytes) => chat(hi, `,"tools":[${numbered(bytes, (n) => chatTool(`${'f'.repeat(90)}${n}`, '{"type":"object"}'))}]`),
  ],
  [
    'tools of one name',
    (bytes) => chat(hi, `,"tools":[${filled(`${chatTool('f', '{}')},`, bytes)}${chatTool('g', '{}')}]`),
  ],
  ...schemas.map(
    ([name, schema]): Shape => [
      `a tool with a schema of ${name}`,
      (bytes) => chat(hi, `,"tools":[${chatTool('f', schema(bytes))}]`),
    ],
  ),
  ...schemas.map(
    ([name, schema]): Shape => [
      `a strict answer with a schema of ${name}`,
      (bytes) =>
        chat(
          hi,
          `,"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":${schema(bytes)}}}`,
        ),
    ],
  ),
  [
    'tools that are allowed',
    (bytes) =>
      chat(
        hi,
        `,"tools":[${chatTool('f0', '{}')}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[${numbered(bytes, (n) => `{"type":"function","function":{"name":"f${n}"}}`)}]}}`,
      ),
  ],
  ['a tool with a wide schema', (bytes) => chat(hi, `,"tools":[${chatTool('f', wideSchema(bytes))}]`)],
  ['a tool with many references', (bytes) => chat(hi, `,"tools":[${chatTool('f', nestedSchema(bytes))}]`)],
  [
    'an answer with a wide schema',
    (bytes) =>
      chat(
        hi,
        `,"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":${wideSchema(bytes)}}}`,
      ),
  ],
  [
    'calls in turns',
    (bytes) =>
      chat(
        `${hi},${numbered(bytes, (n) => `{"role":"assistant","tool_calls":[${chatCall(`c${n}`)}]},${chatResult(`c${n}`)}`)}`,
      ),
  ],
  [
    'calls in one turn',
    (bytes) =>
      chat(
        `${hi},{"role":"assistant","tool_calls":[${numbered(bytes, (n) => chatCall(`c${n}`), 160)}]},${numbered(bytes, (n) => chatResult(`c${n}`), 160)}`,
      ),
  ],
  [
    'calls of one id',
    (bytes) =>
      chat(`${hi},${filled(`{"role":"assistant","tool_calls":[${chatCall('c')}]},${chatResult('c')},`, bytes)}${hi}`),
  ],
  [
    'calls of one id in one turn',
    (bytes) =>
      chat(
        `${hi},{"role":"assistant","tool_calls":[${`${chatCall('c')},`.repeat(bytes / 160)}${chatCall('d')}]},${`${chatResult('c')},`.repeat(bytes / 160)}${chatResult('d')}`,
      ),
  ],
  [
    'calls without results',
    (bytes) => chat(`${hi},${numbered(bytes, (n) => `{"role":"assistant","tool_calls":[${chatCall(`c${n}`)}]}`)}`),
  ],
  ['results without calls', (bytes) => chat(`${hi},${numbered(bytes, (n) => chatResult(`c${n}`))}`)],
  [
    'a call with a long input',
    (bytes) =>
      chat(
        `${hi},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":${json(`{"a":[${filled('1,', bytes)}1]}`)}}}]},${chatResult('c')}`,
      ),
  ],
  [
    'legacy functions',
    (bytes) =>
      chat(
        `${hi},${filled('{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"x"},', bytes)}${hi}`,
      ),
  ],
  [
    'reasoning',
    (bytes) => chat(`${hi},${filled(`{"role":"assistant","content":"a","reasoning_content":"b"},${hi},`, bytes)}${hi}`),
  ],
  [
    'reasoning details',
    (bytes) =>
      chat(
        `${hi},{"role":"assistant","content":"a","reasoning_details":[${filled('{"type":"reasoning.text","text":"b","signature":"c"},', bytes)}{"type":"reasoning.text","text":"d"}]},${hi}`,
      ),
  ],
  [
    'unknown members of a message',
    (bytes) => chat(`{"role":"user","content":"hi",${numbered(bytes, (n) => `"x${n}":1`)}}`),
  ],
  ['unknown members of messages', (bytes) => chat(`${filled('{"role":"user","content":"hi","zz":1},', bytes)}${hi}`)],
  ['a bias of tokens', (bytes) => chat(hi, `,"logit_bias":{${numbered(bytes, (n) => `"${n}":1`)}}`)],
  ['stop sequences', (bytes) => chat(hi, `,"stop":[${filled('"a",', bytes)}"b"]`)],
  ['metadata', (bytes) => chat(hi, `,"metadata":{${numbered(bytes, (n) => `"k${n}":"v"`)}}`)],
  ['a prediction', (bytes) => chat(hi, `,"prediction":{"type":"content","content":"${filled(word, bytes)}"}`)],
  ['unknown parameters', (bytes) => chat(hi, `,"deep":{${numbered(bytes, (n) => `"k${n}":{"a":[1]}`)}}`)],
]

// ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const claude = (messages: string, more = '') => `{"model":"m","max_tokens":9,"messages":[${messages}]${more}}`
const use = (id: string) => `{"type":"tool_use","id":"${id}","name":"f","input":{"a":1}}`
const result = (id: string) => `{"type":"tool_result","tool_use_id":"${id}","content":[{"type":"text","text":"x"}]}`
const said = (role: string, blocks: string) => `{"role":"${role}","content":[${blocks}]}`

const claudeShapes: readonly Shape[] = [
  ['a long text', (bytes) => claude(`{"role":"user","content":"${filled(word, bytes)}"}`)],
  ['small turns', (bytes) => claude(filled(`${hi},{"role":"assistant","content":"a"},`, bytes) + hi)],
  ['small messages', (bytes) => claude(filled(`${hi},`, bytes) + hi)],
  [
    'blocks',
    (bytes) => claude(said('user', `${filled('{"type":"text","text":"a"},', bytes)}{"type":"text","text":"b"}`)),
  ],
  [
    'system blocks',
    (bytes) =>
      claude(
        hi,
        `,"system":[${filled('{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},', bytes)}{"type":"text","text":"b"}]`,
      ),
  ],
  [
    'thoughts',
    (bytes) =>
      claude(
        `${hi},${said('assistant', `${filled('{"type":"thinking","thinking":"a","signature":"b"},', bytes)}{"type":"text","text":"c"}`)},${hi}`,
      ),
  ],
  [
    'sealed thoughts',
    (bytes) =>
      claude(
        `${hi},${said('assistant', `${filled('{"type":"redacted_thinking","data":"abc"},', bytes)}{"type":"text","text":"c"}`)},${hi}`,
      ),
  ],
  [
    'calls in turns',
    (bytes) =>
      claude(`${hi},${numbered(bytes, (n) => `${said('assistant', use(`c${n}`))},${said('user', result(`c${n}`))}`)}`),
  ],
  [
    'calls in one turn',
    (bytes) =>
      claude(
        `${hi},${said(
          'assistant',
          numbered(bytes, (n) => use(`c${n}`), 160),
        )},${said(
          'user',
          numbered(bytes, (n) => result(`c${n}`), 160),
        )}`,
      ),
  ],
  [
    'an image in base64',
    (bytes) =>
      claude(
        said(
          'user',
          `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"${filled(base64, bytes)}"}}`,
        ),
      ),
  ],
  [
    'small images',
    (bytes) =>
      claude(
        said(
          'user',
          `${filled(`{"type":"image","source":{"type":"base64","media_type":"image/png","data":"${base64}"}},`, bytes)}{"type":"text","text":"b"}`,
        ),
      ),
  ],
  [
    'tools',
    (bytes) => claude(hi, `,"tools":[${numbered(bytes, (n) => `{"name":"f${n}","input_schema":{"type":"object"}}`)}]`),
  ],
  ['a tool with a wide schema', (bytes) => claude(hi, `,"tools":[{"name":"f","input_schema":${wideSchema(bytes)}}]`)],
  [
    'unknown members',
    (bytes) => claude(filled('{"role":"user","content":[{"type":"text","text":"a","zz":1}]},', bytes) + hi),
  ],
]

// ── responses ────────────────────────────────────────────────────────────────────────────────────────────────────────

const response = (items: string, more = '') => `{"model":"m","input":[${items}]${more}}`
const call = (id: string) => `{"type":"function_call","call_id":"${id}","name":"f","arguments":"{}"}`
const output = (id: string) => `{"type":"function_call_output","call_id":"${id}","output":"x"}`

const responseShapes: readonly Shape[] = [
  ['a long text', (bytes) => `{"model":"m","input":"${filled(word, bytes)}"}`],
  ['long instructions', (bytes) => response(hi, `,"instructions":"${filled(word, bytes)}"`)],
  ['items', (bytes) => response(filled(`${hi},`, bytes) + hi)],
  ['items of the model', (bytes) => response(filled('{"role":"assistant","content":"a"},', bytes) + hi)],
  [
    'content parts',
    (bytes) =>
      response(
        `{"role":"user","content":[${filled('{"type":"input_text","text":"a"},', bytes)}{"type":"input_text","text":"b"}]}`,
      ),
  ],
  [
    'thoughts',
    (bytes) =>
      response(
        filled(
          '{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"abc"},',
          bytes,
        ) + hi,
      ),
  ],
  ['calls in turns', (bytes) => response(`${hi},${numbered(bytes, (n) => `${call(`c${n}`)},${output(`c${n}`)}`)}`)],
  [
    'calls in one turn',
    (bytes) =>
      response(`${hi},${numbered(bytes, (n) => call(`c${n}`), 150)},${numbered(bytes, (n) => output(`c${n}`), 150)}`),
  ],
  [
    'calls of tools in groups',
    (bytes) =>
      response(
        `${hi},${numbered(bytes, (n) => `{"type":"function_call","call_id":"c${n}","namespace":"g${n}","name":"f","arguments":"{}"},${output(`c${n}`)}`)}`,
      ),
  ],
  ['searches', (bytes) => response(filled('{"type":"web_search_call","id":"ws_1","status":"completed"},', bytes) + hi)],
  ['foreign items', (bytes) => response(filled('{"type":"computer_call","id":"c"},', bytes) + hi)],
  [
    'tools',
    (bytes) =>
      response(
        hi,
        `,"tools":[${numbered(bytes, (n) => `{"type":"function","name":"f${n}","parameters":{"type":"object"}}`)}]`,
      ),
  ],
  [
    'groups of tools',
    (bytes) =>
      response(
        hi,
        `,"tools":[${numbered(bytes, (n) => `{"type":"namespace","name":"g${n}","description":"d","tools":[{"type":"function","name":"f","parameters":{"type":"object"}}]}`)}]`,
      ),
  ],
  [
    'an image in base64',
    (bytes) =>
      response(
        `{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,${filled(base64, bytes)}"}]}`,
      ),
  ],
  ['includes', (bytes) => response(hi, `,"include":[${filled('"reasoning.encrypted_content",', bytes)}"a"]`)],
]

// ── gemini ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const google = (contents: string, more = '') => `{"contents":[${contents}]${more}}`
const user = '{"role":"user","parts":[{"text":"a"}]}'

const googleShapes: readonly Shape[] = [
  ['a long text', (bytes) => google(`{"role":"user","parts":[{"text":"${filled(word, bytes)}"}]}`)],
  ['small turns', (bytes) => google(filled(`${user},{"role":"model","parts":[{"text":"a"}]},`, bytes) + user)],
  ['small contents', (bytes) => google(filled(`${user},`, bytes) + user)],
  ['parts', (bytes) => google(`{"role":"user","parts":[${filled('{"text":"a"},', bytes)}{"text":"b"}]}`)],
  [
    'thoughts',
    (bytes) =>
      google(
        `${user},{"role":"model","parts":[${filled('{"text":"a","thought":true,"thoughtSignature":"abc"},', bytes)}{"text":"b"}]},${user}`,
      ),
  ],
  [
    'calls in turns',
    (bytes) =>
      google(
        filled(
          '{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"b":1}}}]},',
          bytes,
        ) + user,
      ),
  ],
  [
    'calls in one turn',
    (bytes) =>
      google(
        `${user},{"role":"model","parts":[${'{"functionCall":{"name":"f","args":{"a":1}}},'.repeat(bytes / 110)}{"functionCall":{"name":"g","args":{}}}]},{"role":"user","parts":[${'{"functionResponse":{"name":"f","response":{"b":1}}},'.repeat(bytes / 110)}{"functionResponse":{"name":"g","response":{}}}]}`,
      ),
  ],
  [
    'calls of many names',
    (bytes) =>
      google(
        `${user},{"role":"model","parts":[${numbered(bytes, (n) => `{"functionCall":{"name":"f${n}","args":{}}}`, 110)}]},{"role":"user","parts":[${numbered(bytes, (n) => `{"functionResponse":{"name":"f${n}","response":{}}}`, 110)}]}`,
      ),
  ],
  [
    'tools',
    (bytes) =>
      google(
        user,
        `,"tools":[{"functionDeclarations":[${numbered(bytes, (n) => `{"name":"f${n}","parameters":{"type":"OBJECT"}}`)}]}]`,
      ),
  ],
  [
    'an image in base64',
    (bytes) =>
      google(`{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"${filled(base64, bytes)}"}}]}`),
  ],
  [
    'instructions',
    (bytes) => google(user, `,"systemInstruction":{"parts":[${filled('{"text":"a"},', bytes)}{"text":"b"}]}`),
  ],
]

const completionShapes: readonly Shape[] = [
  ['a long text', (bytes) => `{"model":"m","prompt":"${filled(word, bytes)}"}`],
  ['a bias of tokens', (bytes) => `{"model":"m","prompt":"a","logit_bias":{${numbered(bytes, (n) => `"${n}":1`)}}}`],
]

const embeddingShapes: readonly Shape[] = [
  ['a long text', (bytes) => `{"model":"m","input":"${filled(word, bytes)}"}`],
  ['lists of tokens', (bytes) => `{"model":"m","input":[${filled('[100257,100258],', bytes)}[3]]}`],
  ['tokens', (bytes) => `{"model":"m","input":[${filled('100257,', bytes)}2]}`],
  ['texts', (bytes) => `{"model":"m","input":[${filled('"a",', bytes)}"b"]}`],
]

/** The shapes of each caller's API. */
export const shapesOf: Readonly<Record<string, { readonly path: Sample['path']; readonly shapes: readonly Shape[] }>> =
  {
    chat: { path: '/v1/chat/completions', shapes: chatShapes },
    messages: { path: '/v1/messages', shapes: claudeShapes },
    responses: { path: '/v1/responses', shapes: responseShapes },
    gemini: { path: '/v1beta/models/m:generateContent', shapes: googleShapes },
    completions: { path: '/v1/completions', shapes: completionShapes },
    embeddings: { path: '/v1/embeddings', shapes: embeddingShapes },
  }
