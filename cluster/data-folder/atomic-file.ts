// Small files that a kill or a power cut at any point leaves whole: either the old content or the new one.
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** Durable when it returns. `scrub` overwrites the replaced content too, for files that hold secrets. Throws on I/O errors. */
export function writeFileAtomically(path: string, content: Uint8Array | string, options?: { scrub?: boolean }): void {
  const temporary = `${path}.tmp`
  const old = options?.scrub === true && existsSync(path) ? openSync(path, 'r+') : undefined
  try {
    writeDurably(temporary, typeof content === 'string' ? Buffer.from(content) : content)
    renameSync(temporary, path)
    syncFolder(dirname(path))
    if (old !== undefined) scrub(old)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    if (old !== undefined) closeSync(old)
  }
}

/** Undefined when there is no such file. Throws on other I/O errors. */
export function readFileIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** A new or removed name is durable only once its folder is synced too. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** `write(2)` may take fewer bytes than it was given. */
export function writeAll(file: number, bytes: Uint8Array): void {
  let written = 0
  while (written < bytes.byteLength) written += writeSync(file, bytes, written, bytes.byteLength - written)
}

function writeDurably(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w', 0o600)
  try {
    writeAll(file, bytes)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

// Best effort: a file system or a disk that copies on write keeps the old blocks for a while.
function scrub(file: number): void {
  writeAll(file, Buffer.alloc(fstatSync(file).size))
  fsyncSync(file)
  ftruncateSync(file, 0)
}
