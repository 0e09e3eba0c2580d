// The records of a proxy, with the journal that stands for those that are still to come.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Disk, fileSystem } from '../../../cluster/data-folder/disk.ts'
import type { Settings } from '../../../shared/settings.ts'
import { Recorder, type RecorderOptions, type SpoolWatch } from '../telemetry/recorder.ts'
import { IntentJournal } from './intents/intent-journal.ts'
import { settleInterrupted } from './intents/settle-interrupted.ts'

export interface OpenRecordsOptions extends Pick<RecorderOptions, 'epoch' | 'dataDir' | 'bus' | 'clock' | 'notify'> {
  readonly node: { readonly name: string }
  readonly settings: Pick<Settings, 'intents'>
  readonly disk?: Disk
  readonly spooling?: Pick<RecorderOptions, 'afterTurn' | 'bounds'>
}

export interface OpenRecords extends Pick<Recorder, 'queues' | 'troubles'> {
  readonly sink: Recorder
  /** Undefined where the operator wants none. */
  readonly journal: IntentJournal | undefined
  /** Starts the recorder, and settles what earlier lives of the process left, whether there is a journal now or not. */
  start(): void
  close(patienceMs: number): Promise<void>
}

export function openRecords(options: OpenRecordsOptions): OpenRecords {
  const { node, settings, epoch, dataDir, bus, clock, notify, disk = fileSystem } = options
  const folder = join(dataDir, 'intents')
  const isStrict = settings.intents === 'strict'
  const journal =
    settings.intents === 'off' ? undefined : new IntentJournal({ folder, epoch, disk, clock, notify, isStrict })
  const watch = journal === undefined ? undefined : watchFor(journal)
  const recorder = new Recorder({ ...options.spooling, node: node.name, epoch, dataDir, bus, clock, notify, watch })
  return {
    sink: recorder,
    journal,
    queues: () => ({ ...recorder.queues(), ...journal?.queues() }),
    troubles: () => [...recorder.troubles(), ...(journal?.troubles() ?? [])],
    start() {
      recorder.start()
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
      } catch (error) {
        notify({ type: 'intents-failed', message: error instanceof Error ? error.message : 'unknown' })
      }
      settleInterrupted({ folder, segments: recorder.leftovers, recorder, disk, notify })
    },
    async close(patienceMs) {
      await recorder.close(patienceMs)
      journal?.stop()
    },
  }
}

function watchFor(journal: IntentJournal): SpoolWatch {
  return { spooled: (sequence) => journal.spooled(sequence), beforeRelease: () => journal.write() }
}
