// Identifiers of persons. One that a provider refuses is hashed: a cut one could stand for two persons, and the hash is
// the same in every request.
import { createHash } from 'node:crypto'

/** Whether the text shows who the person is: an address, or a telephone number. */
export function isPersonal(id: string): boolean {
  return /\S@\S/.test(id) || /^\s*(\+|\(|00)[\d\s().-]{6,}$/.test(id)
}

export function fittingPersonId(id: string, charactersMax: number): string {
  return id.length > charactersMax ? hashedId(id) : id
}

/** 64 characters, which every provider accepts. */
export function hashedId(id: string): string {
  return createHash('sha256').update(id).digest('hex')
}
