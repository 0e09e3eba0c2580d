// What providers publish and the facts do not have, or have wrong: each with where it is published. `make-model-catalogue.mjs` applies it,
// so that a newer file of facts keeps it. Costs are in the words of the facts: USD per million tokens.
//
// Sources: platform.claude.com/docs/en/about-claude/pricing (Claude); developers.openai.com/api/docs/pricing and
// openai.com/api-priority-processing (OpenAI); ai.google.dev/gemini-api/docs/pricing and /optimization, cloud.google.com/vertex-ai/
// generative-ai/pricing (Gemini); docs.perplexity.ai/getting-started/pricing (Perplexity); cohere.com/pricing; console.groq.com/docs/models.
// Figures were compared with @pydantic/genai-prices 0.1.8 and BerriAI/litellm's price list.

/** The cost of a model as published. `facts` are the places of the file. */
export function correctedCost(facts, place, id) {
  const cost = facts[place]?.[id]?.cost
  if (cost === undefined) return added[place]?.[id]?.cost
  return makersCost(facts, place, id) ?? { ...withCached(cost), ...corrections(place, id) }
}

/** Azure and Vertex AI sell the models of OpenAI and Google at the prices of their makers. Azure leaves out `-latest`. */
function makersCost(facts, place, id) {
  if (place === 'azure') return correctedCost(facts, 'openai', id) ?? correctedCost(facts, 'openai', `${id}-latest`)
  return place === 'google-vertex' && id.startsWith('gemini-') ? correctedCost(facts, 'google', id) : undefined
}

function withCached({ cached_input, ...cost }) {
  return cached_input === undefined ? cost : { ...cost, cache_read: cached_input }
}

const longSonnet = { input: 6, output: 22.5, cache_read: 0.6, cache_write: 7.5 }

function corrections(place, id) {
  if (id.includes('claude-3-sonnet')) return { cache_write: 3.75 }
  // Sonnet 4 and 4.5 cost more above 200,000 tokens as long as they took a million.
  const isLongSonnet = /claude-sonnet-4(-0|-5|@|-2025|$)/.test(id.replace(/^.*(?=claude-)/, ''))
  if (isLongSonnet && claudePlaces.includes(place)) return { tiers: [{ tier: { size: 200_000 }, ...scaledSonnet(id) }] }
  // Opus 4.6 costs 5 and 25, and a tenth more in a region.
  if (id === 'au.anthropic.claude-opus-4-6-v1')
    return { input: 5.5, output: 27.5, cache_read: 0.55, cache_write: 6.875 }
  return media[place]?.[id] ?? {}
}

const claudePlaces = ['anthropic', 'amazon-bedrock', 'google-vertex', 'google-vertex-anthropic', 'azure']

/** Bedrock's endpoints of a region cost a tenth more. */
function scaledSonnet(id) {
  if (!id.startsWith('eu.')) return longSonnet
  return Object.fromEntries(Object.entries(longSonnet).map(([name, usd]) => [name, Math.round(usd * 1_100) / 1_000]))
}

const imageWriters = {
  'gemini-2.5-flash-image': { output: 2.5, output_image: 30 },
  'gemini-3-pro-image-preview': { output: 12, output_image: 120 },
  'gemini-3.1-flash-image-preview': { output: 3, output_image: 60 },
}
const media = {
  google: { ...imageWriters, 'gemini-2.0-flash': { input_audio: 0.7 } },
  openai: { 'gpt-image-2': { input_image: 8, cache_read_image: 2 } },
}

// ── service tiers ────────────────────────────────────────────────────────────────────────────────────────────────────

/** A number is a factor of all rates, null a price that is not published. A tier that is not named costs what the model costs. */
export function tiersOf(facts, place, id) {
  const model = facts[place]?.[id]
  if (model?.cost === undefined) return undefined
  if (id.includes('claude') && claudePlaces.includes(place)) return claudeTiers(place, model)
  if (place === 'openai') return openAiTiers(id, model)
  if (place === 'azure' && /^(gpt-|o\d)/.test(id)) return { priority: null }
  if (place.startsWith('google') && id.startsWith('gemini-') && !/embedding|tts/.test(id)) return geminiTiers(place)
  // Published as a discount and a premium, without figures.
  return place === 'amazon-bedrock' ? { flex: null, priority: null, reserved: null } : undefined
}

function claudeTiers(place, model) {
  if (place === 'amazon-bedrock') return { flex: null, priority: null, reserved: null }
  // Priority capacity is bought in advance: its tokens are told at their list price.
  const fast = modeOf(model, ({ speed }) => speed === 'fast')
  return fast === undefined ? { batch: 0.5 } : { batch: 0.5, fast }
}

function openAiTiers(id, model) {
  if (!model.tool_call) return undefined
  const priority = modeOf(model, ({ service_tier }) => service_tier === 'priority') ?? openAiPriority[id] ?? null
  return { batch: 0.5, flex: openAiFlex.test(id) ? 0.5 : null, priority }
}

const openAiFlex = /^(o3|o4-mini|gpt-5|gpt-5-mini|gpt-5-nano|gpt-5\.[1245]|gpt-5\.4-(mini|nano|pro)|gpt-5\.5-pro)$/

function priorityRates(input, cache_read, output) {
  return { input, output, cache_read }
}

const openAiPriority = {
  'gpt-5.2': priorityRates(3.5, 0.35, 28),
  'gpt-5.2-codex': priorityRates(3.5, 0.35, 28),
  'gpt-5.3-codex': priorityRates(3.5, 0.35, 28),
  'gpt-5.1': priorityRates(2.5, 0.25, 20),
  'gpt-5.1-codex': priorityRates(2.5, 0.25, 20),
  'gpt-5.1-codex-max': priorityRates(2.5, 0.25, 20),
  'gpt-5': priorityRates(2.5, 0.25, 20),
  'gpt-5-codex': priorityRates(2.5, 0.25, 20),
  'gpt-5-mini': priorityRates(0.45, 0.045, 3.6),
  'gpt-4.1': priorityRates(3.5, 0.875, 14),
  'gpt-4.1-mini': priorityRates(0.7, 0.175, 2.8),
  'gpt-4.1-nano': priorityRates(0.2, 0.05, 0.8),
  'gpt-4o': priorityRates(4.25, 2.125, 17),
  'gpt-4o-2024-08-06': priorityRates(4.25, 2.125, 17),
  'gpt-4o-2024-11-20': priorityRates(4.25, 2.125, 17),
  'gpt-4o-2024-05-13': { input: 8.75, output: 26.25 },
  'gpt-4o-mini': priorityRates(0.25, 0.125, 1),
  o3: priorityRates(3.5, 0.875, 14),
  'o4-mini': priorityRates(2, 0.5, 8),
}

function geminiTiers(place) {
  const common = { batch: 0.5, flex: 0.5, priority: 1.8 }
  return place === 'google' ? common : { ...common, offpeak: null, provisioned_throughput: null }
}

function modeOf({ experimental }, isWanted) {
  const modes = Object.values(experimental?.modes ?? {})
  return modes.find(({ cost, provider }) => cost !== undefined && isWanted(provider?.body ?? {}))?.cost
}

// ── what is charged by the call ──────────────────────────────────────────────────────────────────────────────────────

/** USD per call, and per million tokens of citations. */
export function callsOf(facts, place, id) {
  const model = facts[place]?.[id]
  if (model?.cost === undefined) return undefined
  if (place === 'perplexity') return perplexityCalls[id]
  if (place === 'openai' && model.tool_call) return { perWebSearch: 0.01, perFileSearch: 0.0025 }
  if (id.includes('claude')) return searchingClaude(place, id) ? { perWebSearch: 0.01 } : undefined
  if (place.startsWith('google') && /^gemini-(3|[4-9])/.test(id)) return { perWebSearch: 0.014 }
  return place.startsWith('google') && /^gemini-(2|flash)/.test(id) ? { perGroundedPrompt: 0.035 } : undefined
}

function searchingClaude(place, id) {
  return claudePlaces.includes(place) && place !== 'amazon-bedrock' && !/claude-3-(haiku|opus|sonnet)/.test(id)
}

const proRequest = { low: 0.006, medium: 0.01, high: 0.014 }
const perplexityCalls = {
  sonar: { perRequest: { low: 0.005, medium: 0.008, high: 0.012 } },
  'sonar-pro': { perRequest: proRequest },
  'sonar-reasoning-pro': { perRequest: proRequest },
  'sonar-deep-research': { perWebSearch: 0.005, citationPerMTok: 2 },
}

// ── models that the facts do not have ────────────────────────────────────────────────────────────────────────────────

function model(name, release_date, inputs, outputs, more = {}) {
  const modalities = { input: inputs, output: outputs }
  return { name, release_date, modalities, limit: {}, tool_call: false, reasoning: false, ...more }
}

/** Prices of units are USD for a second of sound, a million characters, and a search. */
export const added = {
  openai: {
    'gpt-audio': talking('GPT audio', '2025-08-28', { input: 2.5, output: 10, input_audio: 32, output_audio: 64 }),
    'gpt-audio-mini': talking('GPT audio mini', '2025-10-06', {
      input: 0.6,
      output: 2.4,
      input_audio: 10,
      output_audio: 20,
    }),
    'gpt-4o-audio-preview': talking('GPT-4o audio', '2024-10-01', {
      input: 2.5,
      output: 10,
      input_audio: 40,
      output_audio: 80,
    }),
    'gpt-4o-mini-audio-preview': talking('GPT-4o mini audio', '2024-12-17', {
      input: 0.15,
      output: 0.6,
      input_audio: 10,
      output_audio: 20,
    }),
    'gpt-realtime': talking('GPT realtime', '2025-08-28', {
      input: 4,
      output: 16,
      cache_read: 0.4,
      input_audio: 32,
      cache_read_audio: 0.4,
      output_audio: 64,
      input_image: 5,
      cache_read_image: 0.5,
    }),
    'gpt-realtime-mini': talking('GPT realtime mini', '2025-10-06', {
      input: 0.6,
      output: 2.4,
      cache_read: 0.06,
      input_audio: 10,
      cache_read_audio: 0.3,
      output_audio: 20,
      input_image: 0.8,
      cache_read_image: 0.08,
    }),
    'gpt-4o-realtime-preview': talking('GPT-4o realtime', '2024-10-01', {
      input: 5,
      output: 20,
      cache_read: 2.5,
      input_audio: 40,
      cache_read_audio: 2.5,
      output_audio: 80,
    }),
    'gpt-4o-mini-realtime-preview': talking('GPT-4o mini realtime', '2024-12-17', {
      input: 0.6,
      output: 2.4,
      cache_read: 0.3,
      input_audio: 10,
      cache_read_audio: 0.3,
      output_audio: 20,
    }),
    'gpt-4o-transcribe-diarize': heard('GPT-4o transcribe diarize', '2025-10-15', {
      input: 2.5,
      output: 10,
      input_audio: 6,
    }),
    'gpt-4o-transcribe': heard('GPT-4o transcribe', '2025-03-20', { input: 2.5, output: 10, input_audio: 6 }),
    'gpt-4o-mini-transcribe': heard('GPT-4o mini transcribe', '2025-03-20', { input: 1.25, output: 5, input_audio: 3 }),
    'gpt-image-1': drawn('gpt-image-1', '2025-04-24', { input: 5, output: 40, cache_read: 1.25, input_image: 10 }),
    'gpt-image-1-mini': drawn('gpt-image-1-mini', '2025-09-26', {
      input: 2,
      output: 8,
      cache_read: 0.2,
      input_image: 2.5,
    }),
    'gpt-image-1.5': drawn('gpt-image-1.5', '2025-11-25', {
      input: 5,
      output: 10,
      cache_read: 1.25,
      input_image: 8,
      output_image: 32,
    }),
    'whisper-1': model('Whisper', '2023-03-01', ['audio'], ['text'], { units: { perSecond: 0.0001 } }),
    'tts-1': model('TTS-1', '2023-11-06', ['text'], ['audio'], { units: { perMCharacters: 15 } }),
    'tts-1-hd': model('TTS-1 HD', '2023-11-06', ['text'], ['audio'], { units: { perMCharacters: 30 } }),
    'omni-moderation-latest': model('omni-moderation', '2024-09-26', ['text', 'image'], ['text'], {
      cost: { input: 0, output: 0 },
    }),
  },
  groq: {
    'whisper-large-v3': model('Whisper Large V3', '2023-09-01', ['audio'], ['text'], {
      units: { perSecond: 0.111 / 3_600 },
    }),
    'whisper-large-v3-turbo': model('Whisper Large V3 Turbo', '2024-10-01', ['audio'], ['text'], {
      units: { perSecond: 0.04 / 3_600 },
    }),
  },
  cohere: {
    'embed-v4.0': model('Embed 4', '2025-04-15', ['text', 'image'], ['text'], { cost: { input: 0.12, output: 0 } }),
    'rerank-v3.5': model('Rerank 3.5', '2024-12-02', ['text'], ['text'], { units: { perSearchUnit: 0.002 } }),
  },
}

function talking(name, released, cost) {
  return model(name, released, ['text', 'audio'], ['text', 'audio'], { tool_call: true, cost })
}

function heard(name, released, cost) {
  return model(name, released, ['audio', 'text'], ['text'], { cost })
}

function drawn(name, released, cost) {
  return model(name, released, ['text', 'image'], ['text', 'image'], { cost })
}

// ── announced changes ────────────────────────────────────────────────────────────────────────────────────────────────

/** Prices that will hold from a date on, by place and model: `[{ from: '2026-12-31', cost, tiers?, calls?, units? }]`. None is announced
 *  for a model of the catalogue. */
export const announced = {}
