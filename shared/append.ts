// Appends to lists of any length. `push(...more)` passes each item as an argument, and fails beyond about 100,000 of them.

export function append<Item>(list: Item[], more: readonly Item[]): void {
  for (const item of more) list.push(item)
}
