// Lists what operators should know about the witnesses beyond the verdict of the boot.
import type { Witnesses } from './boot.ts'

/** `keepsMark` says whether a high-water mark is expected beside the log. */
export function bootWarnings({ log, mark, copy }: Witnesses, keepsMark: boolean): string[] {
  const warnings: string[] = []
  if (copy.damage !== undefined) warnings.push(`the last good copy: ${copy.damage}`)
  if (mark.type === 'damaged') warnings.push(mark.message)
  if (mark.type === 'at' && mark.torn) warnings.push('half of the high-water mark is torn')
  if (mark.type === 'absent' && log.type === 'whole' && log.state.revision > 0 && keepsMark) {
    warnings.push('the high-water mark was gone; the next change makes it anew')
  }
  return warnings
}
