// Brings a checkout to where its scripts can run: dependencies as locked, nothing else. Runs on any Node from 20, before
// the pinned Node exists, so it is plain JavaScript with no dependency. Quick when there is nothing to do.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answerOldHttpInJson } from './http-version-answer.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const wants = (flag) => process.argv.includes(flag)

const tools = [
  ...(wants('--test')
    ? ['nats-server', 'redis-server', 'nginx', 'haproxy', 'caddy', 'chromium', 'wrk', 'openssl']
    : []),
  ...(wants('--cluster') ? ['nats-server'] : []),
  ...(wants('--bench') ? ['nginx', 'wrk', 'openssl'] : []),
]
// Both wait for a network for most of their time.
await Promise.all([installDependencies(), installTools(tools)])
answerOldHttpInJson(root)

async function installDependencies() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  const wanted = createHash('sha256').update(lock).update(process.platform).update(process.arch).digest('hex')
  const stampPath = join(root, 'node_modules', '.headgate-installed')
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === wanted) return
  process.stderr.write('headgate: installing dependencies …\n')
  // `--include=dev` because the console is built here, even where NODE_ENV says production.
  const npm = process.env.npm_execpath
  const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const [command, all] = npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args]
  const options = { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' }
  const status = await run(command, all, options)
  if (status !== 0) process.exit(status)
  writeFileSync(stampPath, wanted)
}

/** Debian packages that tests and benchmarks run against. Absent tools are named; in CI their absence fails the run. */
async function installTools(names) {
  const missing = () => names.filter((name) => !onPath(name))
  if (missing().length > 0 && existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    process.stderr.write(`headgate: installing ${missing().join(', ')} …\n`)
    const quiet = { stdio: ['ignore', 'ignore', 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
    await run('apt-get', ['update', '-qq'], quiet)
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing()], quiet)
  }
  if (missing().length === 0) return
  const skipped = wants('--test') ? '; tests that need them are skipped with that reason' : ''
  process.stderr.write(`headgate: please install ${missing().join(', ')}${skipped}\n`)
  // Not at once: the dependencies may still be on their way.
  if (process.env.CI === 'true') process.exitCode = 1
}

/** Resolves with the exit code. */
function run(command, args, options) {
  return new Promise((done) => {
    const child = spawn(command, args, options)
    child.on('error', () => done(1))
    child.on('close', (code) => done(code ?? 1))
  })
}

function onPath(name) {
  try {
    execFileSync('sh', ['-c', `command -v ${name} || command -v /usr/sbin/${name}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
