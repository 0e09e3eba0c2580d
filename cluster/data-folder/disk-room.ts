// The room on the disk of a data folder, and below which of it the disk counts as full.
import { statfs } from 'node:fs/promises'

export interface DiskRoom {
  readonly freeBytes: number
  readonly totalBytes: number
}

const freeBytesMin = 32 << 20
/** The free part of a small disk below which it counts as full. */
const freePartMin = 0.02

export function isFull({ freeBytes, totalBytes }: DiskRoom): boolean {
  return freeBytes < Math.min(freeBytesMin, totalBytes * freePartMin)
}

/** Rejects for a file system that cannot be asked. */
export async function roomOn(folder: string): Promise<DiskRoom> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
