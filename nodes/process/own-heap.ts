// The heap of the thread that asks. Node offers a collection only to those who were started for it; V8 gives the function to
// every context that is made while its flag is set.
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collection = (how: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void

let gc: Collection | undefined

export const ownHeap = {
  /** With buffers outside of the heap. */
  usedBytes(): number {
    const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
    return heap + external
  },

  collect(): void {
    gc ??= openCollection()
    // Any other flavor keeps the pages of the young heap for later: as much as it once was, tens of MB. This one collects twice.
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  },
}

function openCollection(): Collection {
  setFlagsFromString('--expose-gc')
  const opened = runInNewContext('gc') as Collection
  setFlagsFromString('--no-expose-gc')
  return opened
}
