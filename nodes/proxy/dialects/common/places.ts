// Members of messages and parts that have a neutral name, but not in every dialect a place. Where a target has none, the caller is
// told, by the name that the member has for him.
import type { Dialect, MediaPart, TextPart, ToolResultPart } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'

export type Place = 'message.name' | 'image.detail' | 'file.name' | 'file.context' | 'file.citable' | 'text.citations'

export interface Target {
  readonly name: Dialect
  readonly places?: ReadonlySet<Place> | undefined
}

/** The names of what the request says and the target has no place for. */
export function unplaced(request: ChatRequest, { name: target, places }: Target): string[] {
  const lost = new Set<string>()
  const use: Use = (place, part) => {
    const isPlaced = places?.has(place) === true || (part !== undefined && isPlacedBeside(place, part, target))
    const word = isPlaced ? undefined : words[request.dialect]?.[place]
    if (word !== undefined) lost.add(word)
  }
  for (const message of request.messages) placesOf(message, target, use)
  return [...lost]
}

const words: Readonly<Partial<Record<Dialect, Readonly<Partial<Record<Place, string>>>>>> = {
  'openai-chat': { 'message.name': 'messages.name', 'image.detail': 'image_url.detail', 'file.name': 'file.filename' },
  'openai-responses': {
    'image.detail': 'input_image.detail',
    'file.name': 'input_file.filename',
    'text.citations': 'output_text.annotations',
  },
  anthropic: {
    'file.name': 'document.title',
    'file.context': 'document.context',
    'file.citable': 'document.citations',
    'text.citations': 'text.citations',
  },
}

type Use = (place: Place, part?: MediaPart) => void

function placesOf(message: Message, target: Dialect, use: Use): void {
  if (message.role !== 'system' && message.name !== undefined) use('message.name')
  for (const part of message.parts) {
    if (part.type === 'tool-result') placesOfResult(part, target, use)
    else if ('media' in part) placesOfMedia(part, use)
    else if (part.type === 'text') placesOfText(part, target, use)
  }
}

function placesOfResult({ parts }: ToolResultPart, target: Dialect, use: Use): void {
  for (const part of parts) {
    if ('media' in part) placesOfMedia(part, use)
    else if (part.type === 'text') placesOfText(part, target, use)
  }
}

function placesOfMedia(part: MediaPart, use: Use): void {
  const { type, media, name, context, citable, detail } = part
  // `auto` is what a model does by itself.
  if (type === 'image' && detail !== undefined && detail !== 'auto') use('image.detail')
  // A file that is stored at the provider has its name there.
  if (name !== undefined && media.from !== 'file') use('file.name', part)
  if (context !== undefined) use('file.context', part)
  if (citable === true) use('file.citable')
}

/** A citation goes back only to the dialect that it came from. */
function placesOfText({ citations = [] }: TextPart, target: Dialect, use: Use): void {
  if (citations.some(({ raw }) => raw?.dialect !== target)) use('text.citations')
}

/** OpenAI's dialects are told of a document of text what stands beside it, above the text. The Responses API names files that come
 *  as bytes alone. */
function isPlacedBeside(place: Place, { media }: MediaPart, target: Dialect): boolean {
  if (target !== 'openai-chat' && target !== 'openai-responses') return false
  if (media.from === 'text') return place === 'file.name' || place === 'file.context'
  return media.from === 'bytes' && place === 'file.name'
}
