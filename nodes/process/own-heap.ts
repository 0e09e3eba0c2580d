// The heap of the thread that asks. Node offers a collection only to those who were started for it; V8 gives the function to
// every context that is made while its flag is set.
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let collect: (() => void) | undefined

export const ownHeap = {
  /** With buffers outside of the heap. */
  usedBytes(): number {
    const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
    return heap + external
  },

  collect(): void {
    collect ??= openCollection()
    collect()
  },
}

function openCollection(): () => void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  return gc
}
