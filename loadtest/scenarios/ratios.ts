// One row of the table: is what comes out the same, and what does it cost next to nginx and Portkey?
import type { Rig } from '../measure/rig.ts'
import { type Comparison, compare, microsPerUnit, type Round, type RoundRules, runRounds } from '../measure/rounds.ts'
import type { Subject } from '../peers/subject.ts'
import type { RatioScenario } from './catalogue.ts'
import { isTranslated } from './work.ts'

export interface RunLength {
  rounds: number
  /** Minimum length of a window. It is extended until it uses enough CPU time to be read. */
  seconds: number
  /** Tiny runs: about so many small requests or chunks a window, and no warm-up. */
  count: number | undefined
  rules: RoundRules
  seed: number
}

export interface RatioOutcome {
  scenario: RatioScenario
  toNginx: Comparison
  /** Portkey over ours; undefined when Portkey did not run. */
  portkeyToOurs: Comparison | undefined
  /** Subjects whose body differed from the mock's own. Ours among them fails the row. */
  bodyDiffers: string[]
  rounds: Round[]
}

const warmUpRequestsMin = 20_000
const warmUpWindowsMax = 4
const windowSecondsMax = 15

export async function runRatio(rig: Rig, scenario: RatioScenario, length: RunLength): Promise<RatioOutcome> {
  const bodyDiffers = await differingBodies(rig, scenario)
  const seconds = new Map<Subject, number>()
  for (const subject of rig.subjects) seconds.set(subject, await warmUp(rig, subject, scenario, length))
  const window = (subject: Subject) => () => measure(rig, subject, scenario, length, seconds.get(subject))
  const { nginx, headgate } = rig.options
  const portkey = isTranslated(scenario.work) ? undefined : rig.options.portkey
  const ours = window(headgate)
  const peer = portkey === undefined ? [] : [window(portkey)]
  const { rules, seed } = length
  const options = { subject: 'headgate', reference: 'nginx', rules, seed }
  const windows = [window(nginx), ours, ...peer, ours, window(nginx)]
  const rounds = await runRounds(length.rounds, options, () => rig.round(windows))
  const toNginx = compare(rounds, options)
  const peerOptions = { subject: 'portkey', reference: 'headgate', rules, seed }
  return { scenario, toNginx, portkeyToOurs: portkey && compare(rounds, peerOptions), bodyDiffers, rounds }
}

function measure(rig: Rig, subject: Subject, scenario: RatioScenario, length: RunLength, seconds = length.seconds) {
  const { connections, chunks } = scenario
  const count =
    length.count === undefined ? undefined : tinyCount(scenario, length.count, subject === rig.options.portkey)
  const atOnce = Math.min(connections, count ?? connections)
  const load = { connections: atOnce, expectedStatus: 200, chunks, seconds, count }
  return rig.measure(subject, subject.target(scenario.work), load)
}

/** Fewer where each costs more: streams, long bodies, and a peer that takes its time. */
function tinyCount({ chunks, work }: RatioScenario, count: number, slow: boolean): number {
  return Math.ceil(count / Math.max(1, (chunks ?? 0) / 10) / Math.max(1, work.body.length / 16_384) / (slow ? 20 : 1))
}

/** Runs until the code is hot. Returns the necessary length of a window of this subject. */
async function warmUp(rig: Rig, subject: Subject, scenario: RatioScenario, length: RunLength): Promise<number> {
  if (length.count !== undefined) return length.seconds
  // A slow subject burns enough to be read in a second.
  const least = subject === rig.options.portkey ? 1 : length.seconds
  let requests = 0
  let windowSeconds = least
  for (let index = 0; index < warmUpWindowsMax && requests < warmUpRequestsMin; index++) {
    const window = await measure(rig, subject, scenario, length, least)
    requests += window.units
    const enough = (length.rules.windowCpuMsMin * 1.2) / (window.cpuMs / window.seconds)
    windowSeconds = Math.min(windowSecondsMax, Math.max(least, enough))
    // Slow subjects are warm after the first one and would take minutes to see so many requests.
    if (microsPerUnit(window) > 100) break
  }
  return windowSeconds
}

/** Asks for usage, so that streams too should come through to the byte. */
async function differingBodies(rig: Rig, { work }: RatioScenario): Promise<string[]> {
  const body = work.stream
    ? JSON.stringify({ ...JSON.parse(work.body), stream_options: { include_usage: true } })
    : work.body
  const probe = (subject: Subject) => rig.probe(subject, { ...subject.target(work), body })
  const direct = await probe(rig.options.direct)
  const differing: string[] = []
  for (const subject of rig.subjects) {
    const { status, sha256 } = await probe(subject)
    // What is translated is other bytes; that it says the same is for the tests of the dialects.
    const same = sha256 === direct.sha256 || (isTranslated(work) && subject === rig.options.headgate)
    if (status !== 200 || !same) differing.push(subject.name)
  }
  return differing
}
