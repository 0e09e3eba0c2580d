// Callers who spend one budget until it is spent, and an upstream that counts what it answered.
import { type ClusterNode, chat } from '../cluster.ts'

/** 5 tokens in and 5 out, at 1 and 200 USD per million. */
export const costUsd = 0.001_005
export const price = { inputPerMTok: 1, outputPerMTok: 200 }

export interface Spending {
  readonly passed: number
  readonly statuses: ReadonlyMap<number, number>
}

/** Calls the proxies in turn until each caller was told that the budget is spent, or `until` says that it is enough. */
export async function spend(
  proxies: readonly ClusterNode[],
  key: string,
  { callers, until = () => false }: { callers: number; until?: () => boolean },
): Promise<Spending> {
  const statuses = new Map<number, number>()
  const one = async (first: number) => {
    for (let call = first; !until(); call++) {
      const proxy = proxies[call % proxies.length]
      if (proxy === undefined) return
      const told = await chat(proxy, key, 'fast', { max_tokens: 5 }).catch(() => undefined)
      const status = told?.status ?? 0
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      // What is only reserved comes back.
      if (status === 429 && told?.headers.get('x-should-retry') !== 'true') return
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => one(caller)))
  return { passed: statuses.get(200) ?? 0, statuses }
}
