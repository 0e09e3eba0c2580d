/** A limit on what a node shows of its log, set after a configuration ended the process again and again. */
export interface Hold {
  /** The newest revision that is shown. */
  readonly revision: number
  /** The hold applies while the log ends at this revision or before it. */
  readonly until: number
}
