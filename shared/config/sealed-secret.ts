// The three forms of a secret: plain text on the way in, sealed at rest, and on the way out a mask of at most the last four
// characters. A mask that comes back in means "keep what is stored", so that a resource can be read, edited and written
// again. No secret begins with the mask's "…": it cannot stand in an HTTP header nor in a PEM file.

/** A secret at rest: AES-256-GCM under the owner's data key. `hint` is its last four characters, or '' for short ones. */
export interface SealedSecret {
  readonly $sealed: string
  readonly hint: string
}

export type Seal = (owner: string, plain: string) => SealedSecret

export function maskOf(sealed: SealedSecret): string {
  return `…${sealed.hint}`
}

export function isMask(text: string): boolean {
  return text.startsWith('…')
}
