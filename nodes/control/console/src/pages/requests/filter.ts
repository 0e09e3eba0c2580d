import type { RequestRow } from '../../api/requests.ts'

export interface RequestFilter {
  /** Found in id, model, key, team, route or error code, whatever the case. */
  text: string
  /** '' for every status. */
  status: string
}

export const statusChoices = [
  { value: '', label: 'Every status' },
  { value: 'ok', label: 'Answered' },
  { value: 'refused', label: 'Refused by Headgate' },
  { value: 'failed', label: 'Failed upstream' },
  { value: 'cut', label: 'Cut after the first byte' },
  { value: 'client-aborted', label: 'Caller left' },
] as const

export function filterRequests(rows: readonly RequestRow[], filter: RequestFilter): readonly RequestRow[] {
  const text = filter.text.trim().toLowerCase()
  return rows.filter((row) => {
    if (filter.status !== '' && row.status !== filter.status) return false
    const places = [row.requestId, row.model, row.keyName, row.keyId, row.team, row.route, row.errorCode]
    return text === '' || places.some((place) => place.toLowerCase().includes(text))
  })
}
