import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type StartControlOptions, type StartedControl, startedControl } from './started-control.ts'

/** Control nodes that a test starts and stops over data folders, all of which lie in one folder. */
export class ControlStarts {
  readonly folder = mkdtempSync(join(tmpdir(), 'headgate-start-'))
  readonly #running = new Set<StartedControl>()

  /** Starts a control node; a start without `dataDir` is a new installation. */
  async start(options: StartControlOptions = {}): Promise<StartedControl> {
    const control = await startedControl({ dataDir: mkdtempSync(join(this.folder, 'data-')), ...options })
    this.#running.add(control)
    return control
  }

  async stop(control: StartedControl): Promise<void> {
    this.#running.delete(control)
    await control.stop()
  }

  /** Stops what still runs, and removes the folder. */
  async end(): Promise<void> {
    for (const control of this.#running) await control.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export async function revisionOf(control: StartedControl): Promise<number> {
  return (await control.admin('GET', '/config')).json.revision
}
