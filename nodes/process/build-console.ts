// The console is built where a control node starts, if its sources changed.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('../control/console/', import.meta.url))
export const consoleFolder = join(sources, 'dist')

/** In a process of its own, so that the bundler's memory does not stay. A console that cannot be built stops nothing. */
export function buildConsole(): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(sources, 'build.mjs')], { stdio: ['ignore', 2, 2] })
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
}
