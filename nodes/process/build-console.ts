// The console is built where a control node starts, if its sources changed.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('../control/console/', import.meta.url))
export const consoleFolder = join(sources, 'dist')

/** Builds the console in a child process, which frees the bundler's memory. A failed build stops nothing. */
export function buildConsole(): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(sources, 'build.mjs')], { stdio: ['ignore', 2, 2] })
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
}
