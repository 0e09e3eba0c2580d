// Installs a client program at its pinned version, once per machine, and runs it in a home of its own.
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Program } from './programs.ts'

const run = promisify(execFile)

/** The folder that the program is in; rejects where it cannot be installed. No lifecycle script runs but the one that is named. */
export async function installProgram({ pkg, after }: Program): Promise<string> {
  const [bare = ''] = /^.+(?=@)/.exec(pkg) ?? []
  const folder = join(tmpdir(), 'headgate-client-programs', pkg.replace(/[^\w.-]+/g, '-'))
  const stamp = join(folder, '.installed')
  if (existsSync(stamp)) return folder
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--engine-strict=false']
  await run('npm', ['install', ...flags, pkg], { cwd: folder, timeout: 400_000 })
  if (after !== undefined) {
    await run(process.execPath, [after], { cwd: join(folder, 'node_modules', bare), timeout: 400_000 })
  }
  writeFileSync(stamp, '')
  return folder
}

export interface ProgramRun {
  readonly folder: string
  readonly prompt: string
  readonly model: string
  readonly base: string
  readonly key: string
}

const quiet = {
  DISABLE_AUTOUPDATER: '1',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  IS_SANDBOX: '1',
  GEMINI_TELEMETRY_ENABLED: 'false',
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
  OTEL_SDK_DISABLED: 'true',
  DO_NOT_TRACK: '1',
  NO_UPDATE_NOTIFIER: '1',
  CI: '1',
  TERM: 'dumb',
  NO_COLOR: '1',
  SHELL: '/bin/bash',
}
/** Proxy settings that lead every connection beyond this machine to a closed port. */
const sealed = { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1,localhost' }
const runMsMax = 120_000

/** Runs a client program and returns what it printed on both streams. It inherits no environment. */
export async function runProgram(program: Program, { folder, prompt, model, base, key }: ProgramRun): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), `headgate-${program.bin}-`))
  const work = join(home, 'work')
  mkdirSync(work)
  for (const [path, text] of Object.entries(program.files?.(base, model) ?? {})) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text.replaceAll('{{work}}', work))
  }
  const places = {
    HOME: home,
    TMPDIR: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local'),
  }
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    ...places,
    ...quiet,
    ...(program.noProxy === true ? {} : sealed),
    ...program.env(base, key, model),
  }
  const child = spawn(join(folder, 'node_modules', '.bin', program.bin), program.args(prompt, model), {
    cwd: work,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString()
  })
  child.stderr.on('data', (bytes: Buffer) => {
    output += bytes.toString()
  })
  const timer = setTimeout(() => killGroup(child.pid), runMsMax)
  await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  killGroup(child.pid)
  rmSync(home, { recursive: true, force: true, maxRetries: 3 })
  return output
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
