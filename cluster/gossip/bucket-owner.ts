// The node that decides about small buckets. Every node that hears the same others comes to the same one, and when a node goes
// only its buckets move (rendezvous hashing).
import type { Members } from './members.ts'

/** The name of the owner of a bucket among `self` and the members that are heard. */
export function ownerOf(key: number, self: string, members: Members): string {
  let owner = self
  let highest = weight(key, self)
  for (const { name, isHeard } of members.all()) {
    const other = weight(key, name)
    if (!isHeard || other < highest || (other === highest && name < owner)) continue
    owner = name
    highest = other
  }
  return owner
}

/** How much a node is the one for a key: the highest of all is. */
export function weight(key: number, name: string): number {
  let mixed = (key % 0x1_0000_0000) ^ Math.floor(key / 0x1_0000_0000)
  for (let index = 0; index < name.length; index++) mixed = Math.imul(mixed ^ name.charCodeAt(index), 0x0100_0193)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b_3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a_2d39)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
