// Units that an answer is charged by when its provider does not charge by tokens.

/** `amount` comes from the provider's answer, or is counted from the request where the provider does not report it. */
export interface BillableUnits {
  unit: BillableUnit
  amount: number
}

export type BillableUnit = 'seconds' | 'images' | 'search-units' | 'characters' | 'bytes'
