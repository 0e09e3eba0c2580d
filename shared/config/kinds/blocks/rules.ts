// A block names whom it stops, and refers to nothing: a block of a team is lifted before or after the team is deleted.
import { bounds } from '../../../bounds.ts'
import { invalid, type Problem } from '../../problem.ts'
import type { Resources } from '../../state.ts'
import type { KindRules } from '../kind-rules.ts'
import type { BlockSpec } from './spec.ts'

export const blockRules: KindRules<BlockSpec> = {
  secrets: {},
  references: () => [],
  salvage: () => ({ match: {} }),
  checkAll: countProblems,
}

function countProblems({ blocks }: Resources): Problem[] {
  return blocks.size > bounds.blocksMax ? [invalid(['blocks'], `expected at most ${bounds.blocksMax} blocks`)] : []
}
