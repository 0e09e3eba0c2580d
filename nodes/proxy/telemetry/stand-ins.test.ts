import { expect, test } from 'vitest'
import { StandIns } from './stand-ins.ts'

function standIns() {
  const closed: string[] = []
  const all = new StandIns()
  const add = (...names: string[]) => all.add(names.map((name) => ({ close: () => void closed.push(name) })))
  return { all, add, closed }
}

test('they close once with the records that the spool took', () => {
  const { all, add, closed } = standIns()
  add('a', 'b')
  expect(closed).toEqual([])
  all.close()
  all.close()
  expect(closed).toEqual(['a', 'b'])
})

test('those of records in memory close when these are confirmed', () => {
  const { all, add, closed } = standIns()
  add('a')
  all.hold(5)
  add('b')
  all.hold(9)
  all.hold(12)
  all.confirm(4)
  expect(closed).toEqual([])
  all.confirm(5)
  expect(closed).toEqual(['a'])
  add('c')
  all.close()
  all.confirm(20)
  expect(closed).toEqual(['a', 'c', 'b'])
})
