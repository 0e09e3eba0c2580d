export interface Hold {
  /** The newest that is shown. */
  readonly revision: number
  /** Held while the log ends here or before. */
  readonly until: number
}
