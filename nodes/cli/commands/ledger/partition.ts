// The proof of one partition: its chain, slice by slice; that the sums are those of the events; that usage has the same ones.
import { done, type Result } from '../../../../shared/result.ts'
import type { HourSum, VerifyFault, VerifySlice } from '../../../../shared/telemetry/answers/ledger-verify.ts'
import { hourMs } from '../../../../shared/telemetry/answers/usage-fields.ts'
import type { AdminClient, Refusal } from '../../admin-client.ts'

export interface ProvenPartition {
  readonly partition: number
  readonly events: number
  readonly costNanoUsd: string
  /** Sums of an hour and an owner that were compared with usage. */
  readonly compared: number
  readonly digest: string
  readonly faults: readonly VerifyFault[]
}

/** Another aggregator may answer from one slice to the next, and its chain is its own: it is read from the beginning. */
const triesMax = 3

type Sum = [events: bigint, cost: bigint, saved: bigint]

export async function provePartition(
  client: Pick<AdminClient, 'call'>,
  partition: number,
): Promise<Result<ProvenPartition, Refusal>> {
  for (let tries = 1; ; tries++) {
    const slices = await slicesOf(client, partition)
    if (!slices.ok) return slices
    const isOne = new Set(slices.value.map(({ boot }) => boot)).size === 1
    if (isOne || tries === triesMax) return done(provenBy(partition, slices.value, isOne))
  }
}

async function slicesOf(client: Pick<AdminClient, 'call'>, partition: number): Promise<Result<VerifySlice[], Refusal>> {
  const slices: VerifySlice[] = []
  for (let after: string | undefined; ; ) {
    const query = after === undefined ? '' : `&after=${after}`
    const answer = await client.call({ path: `/ledger:verify?partition=${partition}${query}` })
    if (!answer.ok) return answer
    const slice = answer.value as unknown as VerifySlice
    slices.push(slice)
    if (slice.next === undefined || slice.boot !== slices[0]?.boot) return done(slices)
    after = slice.next
  }
}

function provenBy(partition: number, slices: readonly VerifySlice[], isOne: boolean): ProvenPartition {
  const rows = new Map<number, Sum>()
  for (const { hours = [] } of slices) for (const hour of hours) addTo(rows, hour)
  const moved: VerifyFault = { type: 'chain', message: 'another aggregator answered each time: verify again' }
  const cost = [...rows.values()].reduce((sum, [, one]) => sum + one, 0n)
  return {
    partition,
    events: slices.reduce((sum, { events }) => sum + events, 0),
    costNanoUsd: String(cost),
    compared: slices.reduce((sum, { compared = 0 }) => sum + compared, 0),
    digest: slices.findLast(({ stage }) => stage === 'chain')?.digest ?? '',
    faults: [...slices.flatMap(({ faults }) => faults), ...sumFaults(rows, slices), ...(isOne ? [] : [moved])],
  }
}

/** Hours of which the kept sums are not those of the events. */
function sumFaults(rows: ReadonlyMap<number, Sum>, slices: readonly VerifySlice[]): VerifyFault[] {
  const last = slices.find(({ sums }) => sums !== undefined)
  // A chain that breaks off has no sums to compare.
  if (last?.sums === undefined || slices.some(({ faults }) => faults.some(({ type }) => type === 'chain'))) return []
  const kept = new Map<number, Sum>()
  for (const hour of last.sums) addTo(kept, hour)
  const { firstHour = 0 } = last
  return [...new Set([...rows.keys(), ...kept.keys()])]
    .filter((hour) => hour >= firstHour)
    .flatMap((hour): VerifyFault[] => {
      const [found, sum] = [rows.get(hour), kept.get(hour)].map((one) => (one ?? [0n, 0n, 0n]).join(' '))
      if (found === sum) return []
      const at = new Date(hour * hourMs).toISOString()
      return [{ type: 'sums', message: `${at}: events ${found}, kept sums ${sum} (events, nano-USD, saved)` }]
    })
}

function addTo(sums: Map<number, Sum>, [hour, ...amounts]: HourSum): void {
  const known = sums.get(hour) ?? [0n, 0n, 0n]
  sums.set(hour, known.map((sum, index) => sum + BigInt(amounts[index] ?? 0)) as Sum)
}
