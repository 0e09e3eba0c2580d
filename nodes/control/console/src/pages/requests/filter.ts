export const statusChoices = [
  { value: '', label: 'Every status' },
  { value: 'ok', label: 'Answered' },
  { value: 'refused', label: 'Refused by Headgate' },
  { value: 'failed', label: 'Failed upstream' },
  { value: 'cut', label: 'Cut after the first byte' },
  { value: 'client-aborted', label: 'Caller left' },
] as const
