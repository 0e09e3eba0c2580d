// A control group that bounds the memory of a process as a container does: by the kernel, which kills what does not fit.
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface MemoryGroup {
  /** The file into which a process writes its id to join. */
  readonly membersFile: string
  /** Removes the group. Its processes must have ended. */
  remove(): void
}

/** Undefined where this machine lets nobody make one. */
export function openMemoryGroup(bytesMax: number): MemoryGroup | undefined {
  for (const { parent, limitFile } of parents()) {
    const folder = join(parent, `headgate-test-${process.pid}-${performance.now().toFixed(0)}`)
    try {
      mkdirSync(folder)
      writeFileSync(join(folder, limitFile), `${bytesMax}`)
      return { membersFile: join(folder, 'cgroup.procs'), remove: () => rmdirSync(folder) }
    } catch {
      removeIfThere(folder)
    }
  }
  return undefined
}

/** The folders of our own group, in version 1 and version 2. */
function parents(): { parent: string; limitFile: string }[] {
  const lines = textOf('/proc/self/cgroup').split('\n')
  return lines.flatMap((line) => {
    const [id, controllers = '', path = ''] = line.split(':')
    if (controllers.split(',').includes('memory'))
      return [{ parent: join('/sys/fs/cgroup/memory', path), limitFile: 'memory.limit_in_bytes' }]
    return id === '0' ? [{ parent: join('/sys/fs/cgroup', path), limitFile: 'memory.max' }] : []
  })
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function removeIfThere(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // It was never made.
  }
}
