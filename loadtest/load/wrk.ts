// wrk, where it is installed: it costs the machine a quarter of what a generator in Node does, so more of it is left for
// what is measured. It cuts the requests that are open when its time is over.
import { execFile, execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Target } from './jobs.ts'

export interface WindowLoad {
  target: Target
  connections: number
  seconds: number
  expectedStatus: number
}

export interface WindowResult {
  answered: number
  trouble: string | undefined
}

export function hasWrk(): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v wrk'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export async function runWrk(load: WindowLoad, folder: string): Promise<WindowResult> {
  const { target, connections, seconds } = load
  const scriptFile = join(folder, 'load.lua')
  writeFileSync(scriptFile, scriptOf(target))
  const args = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, '--timeout', '10s', '-s', scriptFile]
  const { stdout } = await promisify(execFile)('wrk', [...args, `http://127.0.0.1:${target.port}${target.path}`])
  return readFigures(stdout, load.expectedStatus)
}

function scriptOf(target: Target): string {
  const headers = Object.entries(target.headers).map(
    ([name, value]) => `wrk.headers[${quoted(name)}]=${quoted(value)}\n`,
  )
  const done = `done = function(summary)
  local e = summary.errors
  io.write(string.format("figures %d %d %d %d\\n", summary.requests, e.status, e.connect + e.read + e.write, e.timeout))
end
`
  return `wrk.method=${quoted(target.method)}\n${headers.join('')}wrk.body=${quoted(target.body)}\n${done}`
}

/** A Lua string. The bodies are ASCII, for which the escapes of JSON and Lua are equal. */
function quoted(text: string): string {
  return JSON.stringify(text)
}

/** wrk counts as status errors what is above 399: none or all of them, as the load expects. */
export function readFigures(output: string, expectedStatus: number): WindowResult {
  const [, ...texts] = /^figures (\d+) (\d+) (\d+) (\d+)$/m.exec(output) ?? []
  const [answered = 0, refused = 0, broken = 0, timedOut = 0] = texts.map(Number)
  const wrong = expectedStatus < 400 ? refused : answered - refused
  const troubles = [
    ...(wrong > 0 ? [`${wrong} with another status`] : []),
    ...(broken > 0 ? [`${broken} socket errors`] : []),
    ...(timedOut > 0 ? [`${timedOut} time-outs`] : []),
    ...(answered === 0 ? ['nothing was answered'] : []),
  ]
  return { answered, trouble: troubles.length === 0 ? undefined : troubles.join(', ') }
}
