// What an answer is charged for beside its tokens: by the call, or by tokens that are in none of the counts.

/** Counts by what is charged; what is absent was not told. */
export type ChargedCalls = Readonly<Partial<Record<ChargedCall, number>>>

export type ChargedCall =
  | 'webSearches'
  /** Searches of the caller's own files. */
  | 'fileSearches'
  /** Prompts that were answered with the help of a search, however many searches that took. */
  | 'groundedPrompts'
  /** Requests, by how much a search engine of the provider reads for them. */
  | 'requestsLow'
  | 'requestsMedium'
  | 'requestsHigh'
  /** Tokens of what was found, counted apart from the input. */
  | 'citationTokens'
