import { expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { AddressBook, type Addresses, type Resolved } from './address-book.ts'

const addressOf = (address: string): Addresses => [{ address, family: 4 }]

/** A resolver that answers when told to. */
function given() {
  const clock = new ManualClock()
  const asked: { hostname: string; answer: Resolved }[] = []
  const book = new AddressBook({ clock, resolve: (hostname, answer) => void asked.push({ hostname, answer }) })
  const find = (hostname = 'a.example') => {
    const answers: string[] = []
    book.find(hostname, (error, found) => answers.push(error?.message ?? found.map(({ address }) => address).join()))
    return answers
  }
  const answer = (address: string) => asked.at(-1)!.answer(null, addressOf(address))
  const refuse = () => asked.at(-1)!.answer(new Error('SERVFAIL'), [])
  return { clock, asked, find, answer, refuse }
}

test('those who ask at one time share one question', () => {
  const { asked, find, answer } = given()
  const all = [find(), find(), find()]
  answer('1.1.1.1')
  expect(all).toEqual([['1.1.1.1'], ['1.1.1.1'], ['1.1.1.1']])
  expect(asked).toHaveLength(1)
})

test('an answer is kept for 30 seconds, and each name has its own', async () => {
  const { clock, asked, find, answer } = given()
  find()
  answer('1.1.1.1')
  clock.advance(30_000)
  const kept = find()
  await Promise.resolve()
  expect(kept).toEqual(['1.1.1.1'])
  find('b.example')
  answer('2.2.2.2')
  clock.advance(1)
  const fresh = find()
  answer('3.3.3.3')
  expect(fresh).toEqual(['3.3.3.3'])
  expect(asked.map(({ hostname }) => hostname)).toEqual(['a.example', 'b.example', 'a.example'])
})

test('a resolver that fails leaves the last answer in use for five minutes, and no longer', () => {
  const { clock, find, answer, refuse } = given()
  find()
  answer('1.1.1.1')
  clock.advance(300_000)
  const held = find()
  refuse()
  clock.advance(1)
  const lost = find()
  refuse()
  expect([held, lost]).toEqual([['1.1.1.1'], ['SERVFAIL']])
})

test('a resolver that hangs is not waited for where there is an older answer, and its late word is heard', async () => {
  const { clock, asked, find, answer } = given()
  find()
  answer('1.1.1.1')
  clock.advance(60_000)
  const stale = find()
  clock.advance(499)
  expect(stale).toEqual([])
  clock.advance(1)
  expect(stale).toEqual(['1.1.1.1'])
  answer('2.2.2.2')
  expect(stale).toEqual(['1.1.1.1'])
  const later = find()
  await Promise.resolve()
  expect(later).toEqual(['2.2.2.2'])
  expect(asked).toHaveLength(2)
})

test('a failure is not kept: the next one asks again', () => {
  const { asked, find, answer, refuse } = given()
  const first = find()
  refuse()
  const second = find()
  answer('1.1.1.1')
  expect([first, second]).toEqual([['SERVFAIL'], ['1.1.1.1']])
  expect(asked).toHaveLength(2)
})

test('the names kept are bounded, and those in use stay', async () => {
  const { asked, find, answer } = given()
  for (let i = 0; i < 5_000; i++) {
    find(`${i}.example`)
    answer('1.1.1.1')
    const used = find('0.example')
    await Promise.resolve()
    expect(used).toEqual(['1.1.1.1'])
  }
  find('1.example')
  expect(asked.filter(({ hostname }) => hostname === '1.example')).toHaveLength(2)
})
