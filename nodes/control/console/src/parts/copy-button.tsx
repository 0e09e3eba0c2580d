import { useEffect, useState } from 'react'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

const saidMs = 2_000

/** `what` completes the spoken label: "Copy <what>". */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [said, setSaid] = useState<'copied' | 'failed' | undefined>(undefined)
  useEffect(() => {
    if (said === undefined) return
    const timer = setTimeout(() => setSaid(undefined), saidMs)
    return () => clearTimeout(timer)
  }, [said])
  async function copy(): Promise<void> {
    setSaid((await copyText(text)) ? 'copied' : 'failed')
  }
  return (
    <span className="copy">
      <Button kind="quiet" aria-label={`Copy ${what}`} onClick={() => void copy()}>
        <Icon name={said === 'copied' ? 'check' : 'copy'} />
        <span>{said === 'copied' ? 'Copied' : said === 'failed' ? 'Select it' : 'Copy'}</span>
      </Button>
      <span className="visually-hidden" aria-live="polite">
        {said === 'copied' && `Copied ${what}`}
        {said === 'failed' && 'The browser did not allow it; select the text and copy it by hand'}
      </span>
    </span>
  )
}

// The clipboard interface exists only on secure origins; over plain HTTP from another machine the old command still works.
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const holder = document.createElement('textarea')
    const focused = document.activeElement
    holder.value = text
    holder.className = 'visually-hidden'
    document.body.append(holder)
    holder.select()
    const copied = document.execCommand('copy')
    holder.remove()
    if (focused instanceof HTMLElement) focused.focus()
    return copied
  }
}
