// Bodies that somebody with one key may send to hurt the others, by route. Each is answered with a clear error or passes;
// none of them may end the process, and none may make the others wait.
import {
  base64,
  listOf,
  longText,
  manyLetters,
  members,
  nested,
  newlines,
  paragraphs,
  surrogates,
  times,
  turns,
  wideText,
} from './shapes.ts'

export interface HostileBody {
  readonly name: string
  readonly path: string
  /** Headers beside the key. The media type is JSON by default. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether it is parsed and printed anew. */
  readonly isTranslated: boolean
  /** The body, of about `bytes` bytes. */
  make(bytes: number): Buffer
  readonly wanted: Wanted
}

/** The code of the error, or the statuses that will do: whatever the size, and however much memory the node has. */
export type Wanted = string | readonly number[]

/** Passed on, or refused for its size. */
export const passes: Wanted = [200, 413, 503]
/** Passed on, or refused for its size or for the number of its values. */
const passesOrTooComplex: Wanted = [200, 400, 413, 503]

type Make = (bytes: number) => string | Buffer
type Row = readonly [name: string, make: Make, wanted?: Wanted, headers?: Readonly<Record<string, string>>]

const hello = '{"role":"user","content":"hi"}'
const chat = (messages: string, more = '', model = 'plain') => `{"model":"${model}","messages":[${messages}]${more}}`
const user = (content: string) => `{"role":"user","content":${content}}`
const part = '{"type":"text","text":"x"}'
const image = (data: string) => `{"type":"image_url","image_url":{"url":"data:image/png;base64,${data}"}}`
const tool = (index: number) =>
  `{"type":"function","function":{"name":"f${index}","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}`

/** Bodies that are wrong, or that no reader has to take. They are refused in the scan, whatever the target. */
const refused: readonly Row[] = [
  ['members beside the messages', (bytes) => chat(hello, `,${members(bytes)}`), 'too_complex'],
  ['escaped members', (bytes) => chat(hello, `,"\\u0061":1,${members(bytes)}`), 'too_complex'],
  ['white space before the body', (bytes) => ' '.repeat(Math.max(bytes, 9 << 20)) + chat(hello), 'too_complex'],
  ['newlines alone', (bytes) => '\n'.repeat(Math.max(bytes, 9 << 20)), 'too_complex'],
  [
    'white space within the body',
    (bytes) => chat(hello, `,"x":${'\t'.repeat(Math.max(bytes, 9 << 20))}1`),
    'too_complex',
  ],
  ['the digits of one number', (bytes) => chat(hello, `,"x":${'7'.repeat(Math.max(bytes, 9 << 20))}`), 'too_complex'],
  ['zeros', () => chat(hello, `,"x":[${times('0', 600_000)}]`), 'too_complex'],
  ['empty lists', () => chat(hello, `,"x":[${times('[]', 600_000)}]`), 'too_complex'],
  ['empty objects', () => chat(hello, `,"x":[${times('{}', 600_000)}]`), 'too_complex'],
  ['nested lists', (bytes) => chat(hello, `,"x":${nested(bytes / 2)}`), 'too_deep'],
  ['nested objects', (bytes) => chat(hello, `,"x":${nested(bytes / 6, '{"a":', '}')}`), 'too_deep'],
  ['truncated at the end', (bytes) => chat(user(`"${longText(bytes)}`)).slice(0, -4), 'invalid_json'],
  ['garbage at the end', (bytes) => `${chat(user(`"${longText(bytes)}"`))}}`, 'invalid_json'],
  [
    'lines, and garbage at the end',
    (bytes) => `${'\n'.repeat(Math.min(bytes, 4 << 20))}${chat(hello)}]`,
    'invalid_json',
  ],
  [
    'bytes that are no UTF-8 at the end',
    (bytes) => Buffer.concat([Buffer.from(chat(user(`"${longText(bytes)}`))), Buffer.from([0xff])]),
    'invalid_utf8',
  ],
  [
    'half a surrogate pair at the end',
    (bytes) => chat(user('"x"'), `,"user":"${surrogates(Math.min(bytes, 4 << 20))}\\ud83d"`),
    'too_complex',
  ],
  [
    'the model once more at the end',
    (bytes) => chat(user(`"${longText(bytes)}"`), ',"model":"plain"'),
    'duplicate_key',
  ],
  [
    'the model in capitals at the end',
    (bytes) => chat(user(`"${longText(bytes)}"`), ',"MODEL":"plain"'),
    'ambiguous_key',
  ],
  [
    'a list of models',
    (bytes) => `{"models":[${listOf('"a"', Math.min(bytes, 1 << 20))}],"messages":[${hello}]}`,
    'invalid_models',
  ],
  [
    'a long list of long models',
    (bytes) => `{"models":[${times(() => `"${'m'.repeat(bytes / 16)}"`, 16)}],"messages":[${hello}]}`,
    'too_complex',
  ],
  ['the name of a model', (bytes) => chat(hello, '', 'm'.repeat(Math.min(bytes, 7 << 20))), 'too_complex'],
  ['a list', (bytes) => `[${listOf('1', Math.min(bytes, 1 << 19))}]`, 'not_an_object'],
  ['a text', (bytes) => `"${longText(bytes)}"`, 'not_an_object'],
]

/** Bodies that are right, however odd. */
const conversations: readonly Row[] = [
  ['one long text', (bytes) => chat(user(`"${longText(bytes)}"`))],
  ['one long text with one wide character', (bytes) => chat(user(`"${wideText(bytes)}"`))],
  ['one long text of wide characters', (bytes) => chat(user(`"${manyLetters(bytes)}"`))],
  ['a text of newlines', (bytes) => chat(user(`"${newlines(bytes)}"`)), passesOrTooComplex],
  ['a text of pairs of surrogates', (bytes) => chat(user(`"${surrogates(bytes)}"`)), passesOrTooComplex],
  ['a picture', (bytes) => chat(user(`[${image(base64(bytes))}]`))],
  ['small messages', (bytes) => chat(listOf(turns, bytes)), passesOrTooComplex],
  ['messages of a paragraph', (bytes) => chat(listOf(paragraphs, bytes)), passesOrTooComplex],
  ['one message of small parts', (bytes) => chat(user(`[${listOf(part, bytes)}]`)), passesOrTooComplex],
  ['tools', (bytes) => chat(hello, `,"tools":[${times(tool, Math.min(5_000, bytes / 110))}]`), [200, 400, 413, 503]],
]

function bodies(
  path: string,
  rows: readonly Row[],
  { isTranslated = false, model = 'plain', label = path } = {},
): HostileBody[] {
  return rows.map(([name, make, wanted = passes, headers]) => ({
    name: `${label}: ${name}`,
    path,
    isTranslated,
    wanted,
    ...(headers === undefined ? {} : { headers }),
    make: (bytes) => {
      const made = make(bytes)
      return typeof made === 'string'
        ? Buffer.from(model === 'plain' ? made : made.replace('"model":"plain"', `"model":"${model}"`))
        : made
    },
  }))
}

const claudePart = '{"type":"text","text":"x"}'
const claude = (messages: string) => `{"model":"plain","max_tokens":9,"messages":[${messages}]}`
const messages: readonly Row[] = [
  ['one long text', (bytes) => claude(user(`"${longText(bytes)}"`))],
  ['small messages', (bytes) => claude(listOf(turns, bytes)), passesOrTooComplex],
  ['one message of small parts', (bytes) => claude(user(`[${listOf(claudePart, bytes)}]`)), passesOrTooComplex],
]

const turn = '{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"text":"y"}]}'
const contents: readonly Row[] = [
  ['one long text', (bytes) => `{"contents":[{"role":"user","parts":[{"text":"${longText(bytes)}"}]}]}`],
  ['small contents', (bytes) => `{"contents":[${listOf(turn, bytes)}]}`, passesOrTooComplex],
]

const responses: readonly Row[] = [
  ['one long input', (bytes) => `{"model":"plain","input":"${longText(bytes)}"}`],
  ['items', (bytes) => `{"model":"plain","input":[${listOf(turns, bytes)}]}`, passesOrTooComplex],
  [
    'references to items that are not there',
    (bytes) => `{"model":"plain","input":[${listOf('{"type":"item_reference","id":"msg_0"}', bytes)}]}`,
    passesOrTooComplex,
  ],
  [
    'references to too many responses',
    () =>
      `{"model":"plain","input":[${times((n) => `{"type":"item_reference","id":"msg_${n.toString(16).padStart(48, '0')}_0"}`, 2_000)}]}`,
    'previous_response_chain_too_long',
  ],
]

const boundary = 'b0undary'
const formType = { 'content-type': `multipart/form-data; boundary=${boundary}` }
const formPart = (head: string, content: string) =>
  `--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n${content}\r\n`
const form = (...parts: readonly string[]) => `${parts.join('')}--${boundary}--\r\n`

const transcriptions: readonly Row[] = [
  [
    'a file',
    (bytes) => form(formPart('name="model"', 'plain'), formPart('name="file"; filename="a"', longText(bytes))),
    passes,
    formType,
  ],
  ['parts', () => form(...Array(1_000).fill(formPart('name="x"', '1'))), 'invalid_form', formType],
  [
    'what looks like its boundary',
    (bytes) =>
      form(
        formPart('name="model"', 'plain'),
        formPart('name="file"; filename="a"', `\r\n--${boundary.slice(0, -1)}`.repeat(bytes / 11)),
      ),
    passes,
    formType,
  ],
  [
    'the head of one part',
    (bytes) => form(formPart(`name="file"; filename="${'a'.repeat(bytes)}"`, 'x')),
    'invalid_form',
    formType,
  ],
  ['no end', (bytes) => formPart('name="file"; filename="a"', longText(bytes)), 'invalid_form', formType],
]

const batchLine =
  '{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"plain","messages":[]}}\n'
const batchFile = (lines: string) =>
  form(formPart('name="purpose"', 'batch'), formPart('name="file"; filename="a"', lines))

const files: readonly Row[] = [
  [
    'lines of a batch',
    (bytes) => batchFile(batchLine.repeat(Math.min(90_000, bytes / batchLine.length))),
    passesOrTooComplex,
    formType,
  ],
  ['empty lines', (bytes) => batchFile('\n'.repeat(bytes)), 'invalid_batch_line', formType],
  [
    'a batch whose last line is wrong',
    (bytes) => batchFile(`${batchLine.repeat(Math.min(90_000, bytes / batchLine.length))}{`),
    'invalid_batch_line',
    formType,
  ],
]

export const corpus: readonly HostileBody[] = [
  ...bodies('/v1/chat/completions', refused, { label: 'chat' }),
  ...bodies('/v1/chat/completions', conversations, { label: 'chat' }),
  ...bodies('/v1/chat/completions', conversations, { isTranslated: true, model: 'claude', label: 'chat, translated' }),
  ...bodies('/v1/messages', messages, { model: 'claude' }),
  ...bodies('/v1/messages', messages, { isTranslated: true, label: '/v1/messages, translated' }),
  ...bodies('/v1beta/models/claude:generateContent', contents, { isTranslated: true, label: 'Gemini, translated' }),
  ...bodies('/v1/responses', responses),
  ...bodies('/v1/responses', responses.slice(0, 2), {
    isTranslated: true,
    model: 'claude',
    label: '/v1/responses, translated',
  }),
  ...bodies('/v1/embeddings', [
    ['inputs', (bytes) => `{"model":"plain","input":[${listOf('"x"', Math.min(bytes, 1 << 20))}]}`],
    ['tokens', (bytes) => `{"model":"plain","input":[[${listOf('1234', Math.min(bytes, 2 << 20))}]]}`],
  ]),
  ...bodies('/v1/audio/transcriptions', transcriptions),
  ...bodies('/v1/files', files),
  ...bodies('/v1/batches', [
    ['metadata', (bytes) => `{"input_file_id":"file-x","metadata":{${members(bytes)}}}`, [400, 413]],
  ]),
]
