// Writes small files so that a kill or a power cut at any point leaves the old content or the new one, never a mixture.
import { dirname } from 'node:path'
import { type Disk, type DiskFile, fileSystem } from './disk.ts'

/** The content is durable when the call returns. `scrub` overwrites the replaced content too, for files that hold
 *  secrets. Throws on I/O errors. */
export function writeFileAtomically(
  path: string,
  content: Uint8Array | string,
  { scrub = false, disk = fileSystem }: { scrub?: boolean; disk?: Disk } = {},
): void {
  const temporary = `${path}.tmp`
  const old = scrub && disk.read(path) !== undefined ? disk.open(path, 'keep') : undefined
  try {
    writeDurably(disk.open(temporary, 'replace'), typeof content === 'string' ? Buffer.from(content) : content)
    disk.rename(temporary, path)
    disk.syncFolder(dirname(path))
    if (old !== undefined) overwrite(old)
  } catch (error) {
    disk.remove(temporary)
    throw error
  } finally {
    old?.close()
  }
}

function writeDurably(file: DiskFile, bytes: Uint8Array): void {
  try {
    file.write(bytes)
    file.sync()
  } finally {
    file.close()
  }
}

// Overwrites on a best effort: a file system or a disk that copies on write keeps the old blocks for a while.
function overwrite(file: DiskFile): void {
  file.write(Buffer.alloc(file.size()), 0)
  file.sync()
  file.truncate()
}
