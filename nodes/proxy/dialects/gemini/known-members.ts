// The members of contents, parts and functions of generateContent that are read, in both spellings.
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'
import { type Inner, type Shape, shape, unknownMembers } from '../common/known-members.ts'
import { member, snake } from './members.ts'

function spelled(label: string, members: string, within: Readonly<Record<string, Inner>> = {}): Shape {
  const both = members.split(' ').flatMap((name) => [name, snake(name)])
  const inner = Object.entries(within).flatMap(([name, one]) => [[name, one] as const, [snake(name), one] as const])
  return shape(label, both.join(' '), Object.fromEntries(inner))
}

const media = { inlineData: spelled('inlineData', 'mimeType data'), fileData: spelled('fileData', 'mimeType fileUri') }

const partShape = spelled('parts', 'text thought thoughtSignature', {
  ...media,
  functionCall: spelled('functionCall', 'id name args'),
  functionResponse: spelled('functionResponse', 'id name response', { parts: spelled('parts', 'text', media) }),
})

const readKinds = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse']

/** A part of another kind is passed on, or refused, as a whole. */
function partOrNone(part: JsonObject): Shape | undefined {
  return readKinds.some((kind) => member(part, kind) !== undefined) ? partShape : undefined
}

const contents = spelled('contents', 'role', { parts: partOrNone })

const functions = spelled('functionDeclarations', 'name description parameters parametersJsonSchema')

const toolConfig = spelled('toolConfig', '', {
  functionCallingConfig: spelled('toolConfig.functionCallingConfig', 'mode allowedFunctionNames'),
})

export function unknownInContents(body: JsonObject): string[] {
  const tools = Array.isArray(body['tools']) ? body['tools'].filter(isObject) : []
  return [
    ...unknownMembers(member(body, 'systemInstruction'), contents),
    ...unknownMembers(body['contents'], contents),
    ...unknownMembers(member(body, 'toolConfig'), toolConfig),
    ...tools.flatMap((tool) => unknownMembers(member(tool, 'functionDeclarations'), functions)),
  ]
}
