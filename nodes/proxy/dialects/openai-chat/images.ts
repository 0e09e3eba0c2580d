// Pictures that a model makes. OpenAI's dialect has no member for them; OpenRouter and LiteLLM have added `images` to messages and
// deltas: a list of the image parts that a user sends.
// source: https://openrouter.ai/docs/features/multimodal/image-generation; litellm/types/utils.py (ImageURLListItem)
import type { AssistantPart, Json, JsonObject, MediaPart } from '../../../../shared/chat/parts.ts'
import { isObject, objectsIn, saidIn } from '../common/body-reader.ts'
import { mediaOfUrl, urlOfMedia } from '../common/media.ts'

/** The pictures of a message or a delta; some hosts put them among the parts of its content. */
export function imagesIn({ images, content }: JsonObject): MediaPart[] {
  return [...readImages(content), ...readImages(images)]
}

function readImages(value: Json): MediaPart[] {
  return objectsIn(value).flatMap((one): MediaPart[] => {
    const linked = one['image_url']
    const url = isObject(linked) ? saidIn(linked['url']) : saidIn(linked)
    return url === undefined ? [] : [{ type: 'image', media: mediaOfUrl(url) }]
  })
}

/** `index`: its number among the pictures of the message. Undefined for other media, and for a file that the provider keeps. */
export function printImage({ type, media }: MediaPart, index: number): Json {
  const url = type === 'image' ? urlOfMedia(media) : undefined
  return url === undefined ? undefined : { index, type: 'image_url', image_url: { url } }
}

export function printImages(parts: readonly AssistantPart[]): Json[] | undefined {
  const images = parts.filter((part): part is MediaPart => part.type === 'image')
  const printed = images.map(printImage).filter((one) => one !== undefined)
  return printed.length === 0 ? undefined : printed
}
