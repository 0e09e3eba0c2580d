// Billable units of operations that are not charged by tokens: read from an answer, or counted in a request. Nothing is
// estimated; what neither contains is unknown.

import type { FormScan } from '../../../shared/form/scan-form.ts'
import { tryParseExact } from '../../../shared/json/exact.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import { secondsOf } from '../dialects/common/seconds.ts'

/** Counts the billable units of one exchange. */
export interface UnitCounter {
  /** Counts the units of a request with a JSON body. */
  ofRequest?(scan: BodyScan): BillableUnits | undefined
  /** Counts the units of a request with a form. */
  ofForm?(form: FormScan): BillableUnits | undefined
  /** Reads the units of a whole JSON answer. */
  ofAnswer(body: Buffer): BillableUnits | undefined
}

export const noUnits: UnitCounter = { ofAnswer: () => undefined }

export const imageUnits: UnitCounter = { ofAnswer: imagesIn }
export const speechUnits: UnitCounter = { ofRequest: charactersIn, ofAnswer: () => undefined }
export const transcriptUnits: UnitCounter = { ofForm: fileBytesIn, ofAnswer: secondsIn }
export const rerankUnits: UnitCounter = { ofAnswer: searchUnitsIn }

/** Counts images by member names: each image has one of the two, and within a JSON string the quotes would be escaped. */
function imagesIn(body: Buffer): BillableUnits | undefined {
  const amount = occurrences(body, '"b64_json"') || occurrences(body, '"url"')
  return amount === 0 ? undefined : { unit: 'images', amount }
}

function occurrences(body: Buffer, key: string): number {
  let count = 0
  for (let at = body.indexOf(key); at >= 0; at = body.indexOf(key, at + key.length)) {
    // Some servers write both members, one of them null.
    if (!/^\s*:\s*null/.test(body.toString('latin1', at + key.length, at + key.length + 16))) count++
  }
  return count
}

/** Speech is charged by the Unicode characters of its text. */
function charactersIn(scan: BodyScan): BillableUnits | undefined {
  const text = scan.text('input')
  return text === undefined ? undefined : { unit: 'characters', amount: charactersOf(text) }
}

export function charactersOf(text: string): number {
  let amount = 0
  for (const _ of text) amount++
  return amount
}

/** Reads `usage` of the type `duration`, else the `duration` of a verbose transcript. */
function secondsIn(body: Buffer): BillableUnits | undefined {
  const answer = objectOf(tryParseExact(body.toString('utf8')))
  return secondsOf(objectOf(answer?.['usage'])?.['seconds']) ?? secondsOf(answer?.['duration'])
}

function fileBytesIn({ parts }: FormScan): BillableUnits {
  let amount = 0
  for (const { filename, contentStart, end } of parts) if (filename !== undefined) amount += end - contentStart
  return { unit: 'bytes', amount }
}

function searchUnitsIn(body: Buffer): BillableUnits | undefined {
  const answer = objectOf(tryParseExact(body.toString('utf8')))
  const amount = objectOf(objectOf(answer?.['meta'])?.['billed_units'])?.['search_units']
  if (typeof amount !== 'number' || !(amount >= 0 && amount <= amountMax)) return undefined
  return { unit: 'search-units', amount }
}

/** A larger amount is taken for a broken counter. */
const amountMax = 1e9

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}
