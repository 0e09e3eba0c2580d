/** What usage adds for a request. */
export type Charged =
  | { readonly type: 'whole' }
  /** The request was counted before. */
  | { readonly type: 'nothing' }
  /** The request was counted before as a failed one; its money changes by so much. */
  | { readonly type: 'instead'; readonly costNanoUsd: number; readonly savedNanoUsd: number }
