// Collects the capabilities that a request needs, once per request.
import type { Need } from './capabilities.ts'
import { dispensableTools, isDispensableItem } from './hosted-tools.ts'
import type { AssistantPart, MediaPart, OpaquePart, UserPart } from './parts.ts'
import type { ChatRequest } from './request.ts'
import type { Tool } from './tools.ts'

export function needsOf(request: ChatRequest): Need[] {
  const needs: Need[] = []
  const dispensable = dispensableTools(request)
  for (const tool of request.tools) needs.push(needOfTool(tool, dispensable.has(tool)))
  for (const { parts } of request.messages) for (const part of parts) addNeedsOfPart(part, request, needs)
  const { toolChoice, responseFormat, parameters } = request
  if (toolChoice?.type === 'required' || toolChoice?.type === 'tool' || toolChoice?.type === 'allowed') {
    needs.push({ capability: 'forced tool choice', what: 'tool_choice' })
  }
  if (responseFormat !== undefined && responseFormat.type !== 'text') {
    needs.push({ capability: 'structured output', what: responseFormat.type })
  }
  if ((parameters.n ?? 1) > 1) needs.push({ capability: 'several choices', what: 'n' })
  for (const modality of parameters.modalities ?? []) {
    if (modality.toLowerCase() === 'audio') needs.push({ capability: 'audio output', what: 'modalities' })
    if (modality.toLowerCase() === 'image') needs.push({ capability: 'image output', what: 'modalities' })
  }
  return needs
}

function needOfTool(tool: Tool, optional: boolean): Need {
  switch (tool.type) {
    case 'function':
      return { capability: 'tools', what: tool.name }
    case 'custom':
      return { capability: 'custom tools', what: tool.name }
    case 'hosted':
      return { capability: 'hosted tools', what: tool.name, dialect: tool.dialect, optional }
  }
}

function addNeedsOfPart(part: UserPart | AssistantPart, request: ChatRequest, needs: Need[]): void {
  switch (part.type) {
    case 'tool-result':
      for (const inner of part.parts) addNeedsOfPart(inner, request, needs)
      break
    case 'image':
    case 'audio':
    case 'video':
    case 'file':
      addNeedsOfMedia(part, request, needs)
      break
    case 'opaque':
      needs.push(needOfOpaque(part))
      break
    default:
  }
}

function addNeedsOfMedia({ type, media }: MediaPart, { dialect }: ChatRequest, needs: Need[]): void {
  // A file id is valid only at the provider to which the file was uploaded.
  if (media.from === 'file') needs.push({ capability: 'uploaded files', what: media.id, dialect })
  else if (type === 'image') needs.push({ capability: 'images', what: 'image' })
  else if (type === 'audio') needs.push({ capability: 'audio', what: 'audio' })
  else if (type === 'video') needs.push({ capability: 'video', what: 'video' })
  else if (media.from !== 'text') needs.push({ capability: 'files', what: 'file' })
}

function needOfOpaque(part: OpaquePart): Need {
  const { dialect, value } = part
  const what = typeof value['type'] === 'string' ? value['type'] : 'a part of the content'
  return { capability: 'foreign content', what, dialect, optional: isDispensableItem(part) }
}
