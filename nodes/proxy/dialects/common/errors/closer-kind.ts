// What providers say in words alone: hosts answer 400 for an input that is too long and for an unknown model, 403 or 429 for an account
// without credit. The patterns are long enough not to match what a caller wrote by chance.
import type { ChatErrorKind } from '../../../../../shared/chat/error.ts'

const patterns: readonly (readonly [ChatErrorKind, RegExp])[] = [
  [
    'context-length',
    new RegExp(
      [
        /maximum context length|max context length|context window|(prompt|input) is too long|prompt too long/,
        /maximum (prompt|model) length|longer than the model's (maximum|context)|greater than the context length/,
        /exceeds? (the )?(available )?context (size|limit|length)|exceeds the maximum number of tokens allowed/,
        /max_new_tokens` must be|range of input length should be|prompt exceeds max length|exceeded model token limit/,
        /token count (of )?.{0,30}exceeds|model only supports up to|number of input tokens exceeds/,
        /input length \d+ exceeds|too many (input )?tokens(?! per)/,
      ]
        .map(({ source }) => source)
        .join('|'),
      'i',
    ),
  ],
  [
    'quota',
    /insufficient (balance|credit|funds)|credit balance is too low|used all available credits|monthly spending (limit|cap)|credits are depleted|quota is not enough|out of (extra usage|credits)|specified API usage limits/i,
  ],
  [
    'content-policy',
    /content (filtering|management) policy|as a result of our safety system|content exists risk|unsafe or sensitive content|violates usage guidelines|violating our usage policy|\bnew_sensitive\b|contain inappropriate content|^blocked (output|input)\b/i,
  ],
  ['authentication', /^(incorrect|invalid) api.?key provided|^api key (not valid|expired)|^login fail/i],
  [
    'not-found',
    /^(unknown|invalid) model\b|^model not exist|not a valid model id|model identifier is invalid|on-demand throughput isn.t supported/i,
  ],
  ['rate-limit', /^rate limit\b/i],
]

/** The kinds that words may make of one that a status or a common type tells. */
const closer: Readonly<Partial<Record<ChatErrorKind, readonly ChatErrorKind[]>>> = {
  'invalid-request': ['context-length', 'quota', 'content-policy', 'authentication', 'not-found'],
  'rate-limit': ['quota'],
  permission: ['quota', 'content-policy'],
  server: ['context-length', 'quota', 'content-policy', 'authentication', 'rate-limit'],
}

export function closerKind(kind: ChatErrorKind, message: string): ChatErrorKind {
  const kinds = closer[kind]
  if (kinds === undefined) return kind
  return patterns.find(([one, pattern]) => kinds.includes(one) && pattern.test(message))?.[0] ?? kind
}
