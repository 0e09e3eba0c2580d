// Bodies of every shape that costs more than its bytes are refused before that is spent, and large ordinary ones are read.
import { expect, test } from 'vitest'
import { membersMax, slowBytesMax, strictBytesMax, valuesMax } from './limits.ts'
import { BodyScan, scanBody } from './scan.ts'
import type { ScanProblem } from './scan-problem.ts'

function problemOf(text: string): ScanProblem | undefined {
  return scanBody(Buffer.from(text), new BodyScan())
}

function manyMembers(count: number): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":${index}`).join(',')
}

function longNames(count: number): string {
  return Array.from({ length: count }, (_, index) => `"${index}${'a'.repeat(60_000)}":1`).join(',')
}

test.each<[string, string]>([
  ['members', `{${manyMembers(membersMax + 1)}}`],
  ['escaped members', `{"\\u0061":1,${manyMembers(membersMax)}}`],
  ['values', `{"messages":[${'0,'.repeat(valuesMax)}0]}`],
  ['empty lists', `{"messages":[${'[],'.repeat(valuesMax)}0]}`],
  ['names', `{"messages":[{${'"a":1,'.repeat(valuesMax)}"a":1}]}`],
  ['white space before the body', `${' '.repeat(slowBytesMax + 1)}{}`],
  ['white space in the body', `{"messages":[${'\n'.repeat(slowBytesMax)}0]}`],
  ['white space between values', `{"messages":[${`0,${' '.repeat(1 << 20)}`.repeat(8)}0]}`],
  ['white space behind the body', `{}${' '.repeat(slowBytesMax + 1)}`],
  ['digits of a number', `{"n":${'1'.repeat(slowBytesMax + 1)}}`],
  ['escapes', `{"messages":"${'\\n'.repeat(slowBytesMax / 2)}"}`],
  ['bytes of a model', `{"model":"${'a'.repeat(strictBytesMax + 1)}"}`],
  ['bytes of a name', `{"${'a'.repeat(strictBytesMax + 1)}":1}`],
  ['bytes of an escaped name', `{"${'\\n'.repeat(strictBytesMax)}":1}`],
  ['bytes of names', `{${longNames(200)}}`],
  ['bytes of stream options', `{"stream_options":{"a":"${'a'.repeat(64 << 10)}"}}`],
])('too many %s are refused before they are read', (_name, text) => {
  expect(problemOf(text)).toMatchObject({ type: 'too_complex' })
})

test.each<[string, string]>([
  ['a long text', `{"messages":"${'word '.repeat(4 << 20)}"}`],
  ['the tokens of a list of inputs', `{"input":[${'[1234,567],'.repeat(valuesMax / 3 - 1)}[]]}`],
  ['a text of escapes', `{"messages":"${'\\u00e9'.repeat(1 << 20)}"}`],
  ['a long query', `{"query":"${'word '.repeat(1 << 20)}"}`],
  ['an indented body', `{"messages":[${'\n      {"role": "user"},'.repeat(100_000)}{}]}`],
])('%s is read', (_name, text) => {
  expect(problemOf(text)).toBeUndefined()
})
