// The Responses API: the tools of a request. They stand in `tools` and in items of the input (`additional_tools`), alone or in groups.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { Tool, ToolChoice } from '../../../../shared/chat/tools.ts'
import { type BodyReader, isObject } from '../common/body-reader.ts'
import { lastOfEach, readTool, readToolChoice } from '../openai/tools.ts'
import { ToolGroups } from './tool-groups.ts'

export interface ReadTools {
  readonly tools: readonly Tool[]
  readonly groups: ToolGroups
}

export function readResponsesTools(reader: BodyReader, { tools, input }: JsonObject): ReadTools {
  const lists = [{ list: reader.maybeList(tools, 'tools'), path: 'tools' }, ...additionalTools(reader, input)]
  const groups = new ToolGroups()
  for (const { list } of lists) for (const tool of list) reserve(groups, tool)
  const read = lists.flatMap(({ list, path }) =>
    list.flatMap((tool, i) => readOne(reader, tool, { path: `${path}[${i}]`, groups })),
  )
  return { tools: lastOfEach(read), groups }
}

/** An item may bring tools that were not there before. */
function additionalTools(reader: BodyReader, input: Json): { list: readonly Json[]; path: string }[] {
  if (!Array.isArray(input)) return []
  return input.flatMap((item, i) => {
    if (!isObject(item) || item['type'] !== 'additional_tools') return []
    const path = `input[${i}].tools`
    return [{ list: reader.list(item['tools'], path), path }]
  })
}

function reserve(groups: ToolGroups, tool: Json): void {
  if (isObject(tool) && tool['type'] !== 'namespace' && typeof tool['name'] === 'string') groups.reserve(tool['name'])
}

function readOne(reader: BodyReader, tool: Json, { path, groups }: { path: string; groups: ToolGroups }): Tool[] {
  if (!isObject(tool) || tool['type'] !== 'namespace') return [readTool(reader, tool, path, 'flat')]
  const group = reader.text(tool['name'], `${path}.name`)
  const about = reader.maybeText(tool['description'], `${path}.description`) ?? ''
  return reader.list(tool['tools'], `${path}.tools`).map((value, i) => {
    const inner = readTool(reader, value, `${path}.tools[${i}]`, 'flat')
    if (inner.type === 'hosted') return inner
    const name = groups.write({ group, name: inner.name })
    // What is said of the group is said once.
    return { ...inner, name, description: i === 0 ? joined(about, inner.description) : inner.description }
  })
}

function joined(about: string, description: string | undefined): string | undefined {
  if (about === '') return description
  return description === undefined ? about : `${about}\n\n${description}`
}

export function readResponsesToolChoice(reader: BodyReader, choice: Json, groups: ToolGroups): ToolChoice | undefined {
  return readToolChoice(reader, flatChoice(choice, groups), 'flat')
}

function flatChoice(choice: Json, groups: ToolGroups): Json {
  if (!isObject(choice)) return choice
  const { type, tools } = choice
  if (type === 'namespace') return { type: 'allowed_tools', mode: 'required', tools: flatTools(choice, groups) }
  if (type === 'allowed_tools' && Array.isArray(tools)) {
    return { ...choice, tools: tools.flatMap((tool) => flatTools(tool, groups)) }
  }
  return flatTools(choice, groups)[0]
}

/** A group that is named means each of its tools. */
function flatTools(tool: Json, groups: ToolGroups): Json[] {
  if (!isObject(tool)) return [tool]
  const { type, name, namespace: group } = tool
  if (type === 'namespace' && typeof name === 'string') {
    return groups.namesIn(name).map((one) => ({ type: 'function', name: one }))
  }
  if (typeof group !== 'string' || typeof name !== 'string') return [tool]
  return [{ ...tool, name: groups.write({ group, name }) }]
}
