// A disk in a file, for tests of power cuts: unsynced data is in the memory of the kernel and not in the file, so a
// copy of the file, taken while it is mounted, is the disk as a power cut would leave it.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

export interface LoopDisk {
  /** The mount point. */
  readonly folder: string
  /** Returns the disk as it would be after a power cut now, mounted as another one. */
  cutPower(): LoopDisk
  /** Makes the disk read-only as the kernel does when a disk fails. Needs `errors=remount-ro`; returns false when it
   *  cannot be done. */
  turnReadOnly(): boolean
  dispose(): void
}

/** Mounts a disk; returns undefined when mounting is not permitted. `options` are mount options, e.g.
 *  `sync,dirsync`. */
export function mountLoopDisk(megabytes: number, options = ''): LoopDisk | undefined {
  const root = mkdtempSync(join(tmpdir(), 'headgate-disk-'))
  const image = join(root, 'image')
  try {
    run('truncate', '-s', `${megabytes}M`, image)
    run('mkfs.ext4', '-q', '-F', image)
    return mountImage(root, image, options)
  } catch {
    rmSync(root, { recursive: true, force: true })
    return undefined
  }
}

function mountImage(root: string, image: string, options: string): LoopDisk {
  const folder = join(root, 'mounted')
  mkdirSync(folder)
  run('mount', '-o', ['loop', ...(options === '' ? [] : [options])].join(), image, folder)
  return {
    folder,
    cutPower: () => {
      const copyRoot = mkdtempSync(join(tmpdir(), 'headgate-disk-'))
      const copy = join(copyRoot, 'image')
      run('cp', '--sparse=always', image, copy)
      return mountImage(copyRoot, copy, options)
    },
    turnReadOnly: () => turnReadOnly(folder),
    dispose: () => {
      run('umount', folder)
      rmSync(root, { recursive: true, force: true })
    },
  }
}

function turnReadOnly(folder: string): boolean {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[1] === folder)
  try {
    writeFileSync(`/sys/fs/ext4/${basename(mount?.split(' ')[0] ?? '')}/trigger_fs_error`, '1')
    writeFileSync(join(folder, 'probe'), '')
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS'
  }
}

function run(command: string, ...args: string[]): void {
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`
  execFileSync(command, args, { stdio: 'ignore', env: { ...process.env, PATH: path } })
}
