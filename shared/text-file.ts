// Files that people write and name: the text, or why there is none.
import { readFileSync } from 'node:fs'
import { done, fail, type Result } from './result.ts'

/** The whole text, or a sentence that says why it cannot be read. */
export function readTextFile(path: string): Result<string, string> {
  try {
    return done(textOf(readFileSync(path)))
  } catch (error) {
    return fail(fileProblem(error))
  }
}

/** The same for callers that pass a reader on; throws an error that `fileProblem` explains. */
export function textOfFile(path: string): string {
  return textOf(readFileSync(path))
}

/** Why a file cannot be read. */
export function fileProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? message
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a directory',
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Error(`it is not UTF-8: ${encodingOf(bytes)}`)
  }
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return 'it looks like UTF-16'
  const line = firstInvalidLine(bytes)
  return `line ${line} holds other bytes`
}

function firstInvalidLine(bytes: Uint8Array): number {
  const replaced = new TextDecoder().decode(bytes)
  return replaced.slice(0, Math.max(0, replaced.indexOf('\ufffd'))).split('\n').length
}
