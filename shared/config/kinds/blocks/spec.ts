export interface BlockSpec {
  /** The requests that are rejected: those to which all given fields apply. One field at least. */
  match: BlockMatch
  /** The reason, which rejected callers are told. */
  reason?: string
  /** The time at which the block ends by itself, as RFC 3339. */
  until?: string
}

export interface BlockMatch {
  /** A key's id. */
  key?: string
  /** The user that owns the key, or that the caller names in `x-headgate-user`. */
  user?: string
  app?: string
  team?: string
  costCenter?: string
  /** The session that the caller names in `x-headgate-session-id`. */
  session?: string
}

/** The fields of a match, the one that the fewest requests have in common first. */
export const blockFields = ['session', 'key', 'user', 'app', 'team', 'costCenter'] as const
export type BlockField = (typeof blockFields)[number]
