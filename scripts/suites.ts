// Which test files belong to which suite, and which suites a command runs. Pure: the file names are passed in.

/** `unit` needs nothing but Node, `integration` starts real processes and servers, `browser` drives Chromium, `long` takes hours. */
export type Suite = 'unit' | 'integration' | 'browser' | 'long'

export type Plan = Run | { refused: string }

export interface Run {
  suites: readonly Suite[]
  /** Parts of paths; none means all. */
  filters: readonly string[]
  /** Format, lint, types and dead code as well. */
  checks: boolean
}

/**
 * Names of files, in whatever folder, that run in both suites: briefly in `npm test`, and with `longSizes` in
 * `npm run test:long`.
 */
export const scaledFiles: readonly string[] = [
  'billing.integration.test.ts',
  'killed-attempts.integration.test.ts',
  'cluster-kills.integration.test.ts',
  'cluster-network.integration.test.ts',
  'cluster-rolling-restart.integration.test.ts',
  'cluster-usage.integration.test.ts',
  'cluster-without-nats.integration.test.ts',
  'large-config.integration.test.ts',
  'flash-bound.test.ts',
  'gossip-fleet.test.ts',
  'large-fleet.test.ts',
  'schedules.test.ts',
  'hours-away.test.ts',
  'damage.integration.test.ts',
  'power-cut.integration.test.ts',
  'server-faults.integration.test.ts',
  'small-memory.integration.test.ts',
  'simulation.test.ts',
  'alerts.test.ts',
  'parsers.fuzz.test.ts',
  'smuggling.fuzz.integration.test.ts',
  'answer-parser.fuzz.test.ts',
]

/** Environment variables that these files and the files of the suffix `.long` read. A value that the caller has set wins. */
export const longSizes: Readonly<Record<string, string>> = {
  ALERT_SEEDS: '20',
  AWAY_LANES: '40',
  AWAY_SECONDS: '300',
  BILLING_ROUNDS: '20',
  CUTS: '200',
  DAMAGE_RUNS: '1000',
  FLASH_RUNS: '1000',
  FUZZ_BYTES: '1000000',
  FUZZ_RUNS: '1000000',
  GOSSIP_SEEDS: '50',
  HOSTILE_SECONDS: '300',
  HOURS: '24',
  INTENT_KILLS: '60',
  KILLS: '200',
  LARGE_FLEETS: 'all',
  QUOTA_SEEDS: '10',
  ROLLING_ROUNDS: '20',
  ROLLING_RPS: '300',
  ROLLING_STREAMS: '100',
  SCALE_KEYS: '200000',
  SCHEDULES: '100000',
  SERVER_FAULTS: 'all',
  SIMULATION_SEEDS: '20000',
  SMUGGLING_RUNS: '10000',
  STILL_MS: '60000',
  USAGE_AWAY_SECONDS: '10',
  USAGE_KILL_ROUNDS: '100',
}

const suffixes: readonly [string, Suite][] = [
  ['.integration.test.ts', 'integration'],
  ['.browser.test.ts', 'browser'],
  ['.long.test.ts', 'long'],
  ['.test.ts', 'unit'],
]

export function suitesOf(file: string): readonly Suite[] {
  const found = suffixes.find(([suffix]) => file.endsWith(suffix))
  if (found === undefined) return []
  return scaledFiles.includes(nameOf(file)) ? [found[1], 'long'] : [found[1]]
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1)
}

/** `words` are those of the command line, `testFiles` paths from the root. */
export function planOf(words: readonly string[], testFiles: readonly string[]): Plan {
  const { flags, filters } = split(words)
  const unknown = flags.find((flag) => !['--fast', '--long'].includes(flag))
  if (unknown !== undefined) return { refused: `${unknown} is no option of the test runner.` }
  const wanted = wantedSuites(flags)
  const runnable = testFiles.filter((file) => suitesOf(file).some((suite) => wanted.includes(suite)))
  const unmatched = filters.find((filter) => !runnable.some((file) => matches(file, filter)))
  if (unmatched !== undefined) return { refused: refusal(unmatched, testFiles) }
  const matched = runnable.filter((file) => filters.length === 0 || filters.some((filter) => matches(file, filter)))
  const suites = wanted.filter((suite) => matched.some((file) => suitesOf(file).includes(suite)))
  return { suites, filters, checks: filters.length === 0 && !wanted.includes('long') }
}

function split(words: readonly string[]) {
  const isFlag = (word: string) => word.startsWith('-')
  return { flags: words.filter(isFlag), filters: words.filter((word) => !isFlag(word)).map(normalized) }
}

/** `./acceptance/x` and `acceptance/x` name the same. */
function normalized(word: string): string {
  return word.replace(/^\.\//, '')
}

function wantedSuites(flags: readonly string[]): readonly Suite[] {
  if (flags.includes('--long')) return ['long']
  return flags.includes('--fast') ? ['unit'] : ['unit', 'integration', 'browser']
}

/** Whether a file matches a filter as in Vitest: the path contains it, in any case. */
function matches(file: string, filter: string): boolean {
  return file.toLowerCase().includes(filter.toLowerCase())
}

function refusal(filter: string, testFiles: readonly string[]): string {
  const elsewhere = testFiles.filter((file) => matches(file, filter)).flatMap(suitesOf)
  if (elsewhere.length === 0) return `No test file matches "${filter}".`
  const [suite] = elsewhere
  const command = suite === 'long' ? 'npm run test:long' : 'npm test'
  return `No test file of this command matches "${filter}"; \`${command} -- ${filter}\` runs ${suite} tests of that name.`
}
