// Intents, a disk in memory that a test breaks, and a journal over it.
import type { Disk, DiskFile } from '../../../../cluster/data-folder/disk.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import type { Notice } from '../../../../shared/notice.ts'
import type { Target } from '../../providers/endpoint.ts'
import { testTarget } from '../../providers/test-connect.ts'
import { testRequest } from '../../request/test-request.ts'
import { AttemptPlan, type PlannedAttempt } from '../../routing/attempt-plan.ts'
import { directRoute } from '../../routing/model-route.ts'
import { Intent, type IntentFacts } from './intent.ts'
import { IntentJournal, type IntentJournalOptions } from './intent-journal.ts'

export class MemoryDisk implements Disk {
  readonly files: Map<string, Buffer>
  /** Set to an error's message: every write throws it after half of its bytes. */
  broken: string | undefined
  /** What syncs wait for. */
  syncs: (() => Promise<void>) | undefined
  writes = 0

  constructor(files: ReadonlyMap<string, Buffer> = new Map()) {
    this.files = new Map(files)
  }

  read(path: string): Buffer | undefined {
    return this.files.get(path)
  }

  list(folder: string): string[] {
    return [...this.files.keys()]
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1))
  }

  open(path: string): DiskFile {
    this.files.set(path, Buffer.alloc(0))
    const append = (bytes: Uint8Array) => {
      const kept = this.broken === undefined ? bytes : bytes.subarray(0, bytes.length >> 1)
      this.writes++
      this.files.set(path, Buffer.concat([this.files.get(path) ?? Buffer.alloc(0), kept]))
      if (this.broken !== undefined) throw new Error(this.broken)
    }
    return {
      write: append,
      push: async (bytes) => append(bytes),
      size: () => this.files.get(path)?.length ?? 0,
      truncate() {},
      syncData() {},
      sync() {},
      settle: async () => this.syncs?.(),
      close() {},
    }
  }

  rename(from: string, to: string): void {
    this.files.set(to, this.files.get(from) ?? Buffer.alloc(0))
    this.files.delete(from)
  }

  remove(path: string): void {
    if (this.broken !== undefined) throw new Error(this.broken)
    this.files.delete(path)
  }

  syncFolder(): void {}
  async settleFolder(): Promise<void> {}
}

/** The only attempt at a target. */
export function plannedFor(target: Target): PlannedAttempt<Target> {
  const plan = new AttemptPlan({
    revision: 7,
    stream: false,
    clock: new ManualClock(0),
    chance: () => 0,
    route: directRoute('m', target),
    routeOf: () => undefined,
  })
  const planned = plan.next()
  if (planned === undefined) throw new Error('nothing is planned')
  return planned
}

export function testIntent(more: Partial<IntentFacts> & { readonly id?: string; readonly atMs?: number } = {}): Intent {
  const { request } = testRequest()
  const { id = request.id, atMs = request.receivedAtMs, ...facts } = more
  const planned = plannedFor(testTarget())
  return new Intent({
    request: { ...request, id, receivedAtMs: atMs },
    model: 'm',
    planned,
    index: 0,
    stream: false,
    bound: 900,
    ...facts,
  })
}

export function testJournal(more: Partial<IntentJournalOptions> & { readonly disk?: MemoryDisk } = {}) {
  const { disk = new MemoryDisk(), epoch = 'a' } = more
  const clock = new ManualClock(0)
  const notices: Notice[] = []
  const journal = new IntentJournal({
    folder: '/intents',
    epoch,
    clock,
    notify: (notice) => void notices.push(notice),
    isStrict: false,
    ...more,
    disk,
  })
  return { journal, disk, clock, notices }
}
