// A file that only takes up room in the data folder. A start needs some: locks, tokens, the files beside a database. On a
// full disk the ballast is given up for it, so that a node can start there and say what is wrong. It is taken up again, as
// much as there is room for, once the node serves: what runs must not eat what the next start needs.
import { randomFillSync } from 'node:crypto'
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const ballastBytes = 4 << 20
/** What a start may need. */
const startBytes = 2 << 20
const pieceBytes = 64 << 10

export class Ballast {
  readonly #path: string
  readonly #probe: string

  constructor(folder: string) {
    this.#path = join(folder, 'ballast')
    this.#probe = join(folder, 'ballast.probe')
  }

  /** Gives the ballast up when a start would find too little room. */
  makeRoom(): void {
    if (sizeOf(this.#path) === 0) return
    const found = fill(this.#probe, startBytes)
    rmSync(this.#probe, { force: true })
    if (found < startBytes) rmSync(this.#path, { force: true })
  }

  /** Takes up what is missing of the ballast, as far as there is room. */
  takeUp(): void {
    const held = sizeOf(this.#path)
    if (held < ballastBytes) fill(this.#path, ballastBytes - held)
  }
}

/** Appends random bytes, which no file system stores in less room than they have, and returns how many it could. */
function fill(path: string, bytes: number): number {
  const piece = randomFillSync(new Uint8Array(pieceBytes))
  let filled = 0
  let file: number | undefined
  try {
    file = openSync(path, 'a', 0o600)
    while (filled < bytes) filled += writeSync(file, piece, 0, Math.min(pieceBytes, bytes - filled))
  } catch {
    // There is no more room, or the folder is read-only: other parts report that.
  } finally {
    if (file !== undefined) closeSync(file)
  }
  return filled
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
