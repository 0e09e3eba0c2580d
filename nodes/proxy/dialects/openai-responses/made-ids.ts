// Ids of reasoning items that the gateway made (`ItemIds`).

/** How the ids of reasoning items begin that the gateway made and does not store (`ItemIds`). */
export const madeThought = 'rs_req_'

/** Whether the gateway made the id, for an item that is stored here or not: the provider does not know it. */
export function isMadeThought(id: string): boolean {
  return id.startsWith(madeThought) || /^rs_[0-9a-f]{48}_\d+$/.test(id)
}
