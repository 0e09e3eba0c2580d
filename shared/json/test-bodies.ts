// Bodies for tests of bounds: shapes that cost the most of some step, of about a given size.

export type HostileBody = readonly [name: string, make: () => Buffer]

/** Each body is a JSON object as a caller of chat completions might send it. A scan may refuse it. */
export function hostileBodies(bytes: number): readonly HostileBody[] {
  return shapes.map(([name, body]) => [name, () => Buffer.from(body(bytes))])
}

/** `unit` again and again, until the text has about `bytes`. */
export function filled(unit: string, bytes: number): string {
  return unit.repeat(Math.max(1, Math.floor(bytes / Buffer.byteLength(unit))))
}

/** Texts, each of its own number, with commas between them: about `bytes` in all, counted as if each had `unitBytes`. */
export function numbered(bytes: number, unit: (index: number) => string, unitBytes = unit(1_000).length + 1): string {
  const count = Math.max(1, Math.floor(bytes / unitBytes))
  return Array.from({ length: count }, (_, index) => unit(index)).join(',')
}

const word = 'Deep in the forest there was a gate. '
const messages = (list: string) => `{"model":"m","messages":[${list}]}`
const says = (content: string) => messages(`{"role":"user","content":${content}}`)

const shapes: readonly (readonly [string, (bytes: number) => string])[] = [
  ['one long text', (bytes) => says(`"${filled(word, bytes)}"`)],
  ['an escape every 19 bytes', (bytes) => says(`"${filled(`\\n${'a'.repeat(17)}`, bytes)}"`)],
  ['escapes alone', (bytes) => says(`"${filled('\\n', bytes)}"`)],
  ['long escapes', (bytes) => says(`"${filled('\\u00e9', bytes)}"`)],
  ['an escape every 19 bytes of a name', (bytes) => messages(`{"${filled(`\\n${'a'.repeat(17)}`, bytes)}":1}`)],
  ['an input of escapes', (bytes) => `{"model":"m","input":"${filled(`\\n${'a'.repeat(17)}`, bytes)}"}`],
  ['characters of two bytes', (bytes) => says(`"${filled('é', bytes)}"`)],
  ['characters of three bytes', (bytes) => says(`"${filled('語', bytes)}"`)],
  ['characters of four bytes', (bytes) => says(`"${filled('😀', bytes)}"`)],
  ['white space', (bytes) => messages(`${filled(' ', bytes)}1`)],
  ['line feeds before an error', (bytes) => `{"model":"m",${filled('\n', bytes)}]`],
  ['digits', (bytes) => `{"model":"m","n":${filled('1', bytes)}}`],
  ['numbers', (bytes) => messages(`${filled('1,', bytes)}1`)],
  ['empty objects', (bytes) => messages(`${filled('{},', bytes)}1`)],
  ['short strings', (bytes) => messages(`${filled('"a",', bytes)}1`)],
  ['strings of 20 bytes', (bytes) => messages(`${filled(`"${'a'.repeat(20)}",`, bytes)}1`)],
  ['strings of 120 bytes', (bytes) => messages(`${filled(`"${'a'.repeat(120)}",`, bytes)}1`)],
  ['members', (bytes) => `{${numbered(bytes, (n) => `"k${n}":${n}`)}}`],
  ['members of long names', (bytes) => `{${numbered(bytes, (n) => `"${n}${'a'.repeat(60_000)}":1`)}}`],
  ['escaped names', (bytes) => `{${numbered(bytes, (n) => `"\\u0061${n}":1`)}}`],
  ['members of a message', (bytes) => messages(`{"role":"user",${numbered(bytes, (n) => `"k${n}":${n}`)}}`)],
  ['one name again and again', (bytes) => messages(`{"role":"user",${filled('"a":1,', bytes)}"b":1}`)],
  ['nested lists', (bytes) => messages(`${filled(`${'['.repeat(60)}1${']'.repeat(60)},`, bytes)}1`)],
  ['a list that is no object', (bytes) => `[${filled('"a",', bytes)}1]`],
  ['a long model', (bytes) => `{"model":"${filled('a', bytes)}"}`],
  ['an escaped model', (bytes) => `{"model":"${filled('\\n', bytes)}"}`],
  ['a list of models', (bytes) => `{"models":[${filled('"a",', bytes)}"b"],"messages":[]}`],
  ['stream options', (bytes) => `{"stream":true,"stream_options":{"a":"${filled('\\n', bytes)}"},"messages":[]}`],
  [
    'an image in base64',
    (bytes) => says(`[{"type":"image_url","image_url":{"url":"data:image/png;base64,${filled('iVBORw0K', bytes)}"}}]`),
  ],
  [
    'small messages',
    (bytes) => messages(`${filled('{"role":"user","content":"a"},', bytes)}{"role":"user","content":"b"}`),
  ],
]
