// Bedrock Converse: a `cachePoint` element after a block ends the stretch that the prompt cache keeps (wire 39). Which models
// take it, and where, is in the page "Prompt caching" of Bedrock's user guide; others refuse the request.
import type { CacheMarker, JsonObject } from '../../../../shared/chat/parts.ts'
import type { Dropped } from '../dialect.ts'

type Place = 'system' | 'messages' | 'tools'

interface ModelCaching {
  readonly name: RegExp
  readonly places: readonly Place[]
  /** Whether the model keeps a prompt for an hour; all keep it for five minutes. */
  readonly hour: boolean
}

const models: readonly ModelCaching[] = [
  { name: /claude-[a-z]+-(4-[5-9]|[5-9])(?!\d)/, places: ['system', 'messages', 'tools'], hour: true },
  {
    name: /claude-(3-7|3-5-haiku|3-5-sonnet-20241022|[a-z]+-4(?!\d))/,
    places: ['system', 'messages', 'tools'],
    hour: false,
  },
  { name: /\bnova-/, places: ['system', 'messages'], hour: false },
  // The name of an inference profile does not tell the model, so its caller must know.
  { name: /application-inference-profile/, places: ['system', 'messages', 'tools'], hour: true },
]

/** Prints the cache points of one request, and collects what the model does not take. */
export class CachePoints {
  readonly #model: ModelCaching | undefined
  readonly #dropped = new Set<string>()

  constructor(model: string) {
    this.#model = models.find(({ name }) => name.test(model))
  }

  print(cache: CacheMarker | undefined, place: Place): JsonObject[] {
    if (cache === undefined) return []
    if (this.#model?.places.includes(place) !== true) {
      this.#dropped.add('cache_control')
      return []
    }
    if (cache === '1h' && this.#model.hour) return [{ cachePoint: { type: 'default', ttl: '1h' } }]
    if (cache === '1h') this.#dropped.add('cache_control.ttl')
    return [{ cachePoint: { type: 'default' } }]
  }

  get dropped(): Dropped[] {
    return [...this.#dropped].map((member) => ({ member }))
  }
}
