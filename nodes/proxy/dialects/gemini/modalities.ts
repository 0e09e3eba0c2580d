// Google's token counts by kind of content.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { type MediaTokens, tokenCount } from '../../../../shared/chat/usage.ts'
import { isObject } from '../common/body-reader.ts'

/** The tokens of one kind in a list of counts. */
export function modalityCount(details: Json, modality: string): number {
  let sum = 0
  for (const one of Array.isArray(details) ? details : []) {
    if (isObject(one) && one['modality'] === modality) sum += tokenCount(one['tokenCount'] ?? one['token_count']) ?? 0
  }
  return sum
}

export function printModalities(media: MediaTokens, all: { prompt: number; candidates: number }): JsonObject {
  const { audioInput, imageInput, audioOutput, imageOutput } = media
  return {
    promptTokensDetails: listOf(all.prompt, audioInput, imageInput),
    candidatesTokensDetails: listOf(all.candidates, audioOutput, imageOutput),
  }
}

function listOf(all: number, audio: number, image: number): Json {
  const counts: [string, number][] = [
    ['TEXT', Math.max(0, all - audio - image)],
    ['AUDIO', audio],
    ['IMAGE', image],
  ]
  return counts.flatMap(([modality, tokens]) => (tokens === 0 ? [] : [{ modality, tokenCount: tokens }]))
}
