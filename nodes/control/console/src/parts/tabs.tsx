// Tabs after the ARIA authoring practices: one tab stop, arrows move and select.
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react'

export interface Tab {
  id: string
  label: string
  panel: ReactNode
}

export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const [chosenId, setChosenId] = useState(tabs[0]?.id)
  const prefix = useId()
  const list = useRef<HTMLDivElement>(null)
  const chosen = tabs.find((tab) => tab.id === chosenId)
  function onKeyDown(event: KeyboardEvent): void {
    const target = targetIndex(event.key, { index: tabs.findIndex((tab) => tab.id === chosenId), length: tabs.length })
    const next = target === undefined ? undefined : tabs[target]
    if (target === undefined || next === undefined) return
    event.preventDefault()
    setChosenId(next.id)
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[target]?.focus()
  }
  return (
    <div className="tabs">
      <div className="tab-list" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${prefix}-${tab.id}`}
            aria-selected={tab.id === chosenId}
            aria-controls={`${prefix}-panel`}
            tabIndex={tab.id === chosenId ? 0 : -1}
            onClick={() => setChosenId(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${prefix}-panel`} aria-labelledby={`${prefix}-${chosenId}`}>
        {chosen?.panel}
      </div>
    </div>
  )
}

export function targetIndex(key: string, from: { index: number; length: number }): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return (from.index + 1) % from.length
    case 'ArrowLeft':
      return (from.index + from.length - 1) % from.length
    case 'Home':
      return 0
    case 'End':
      return from.length - 1
    default:
      return undefined
  }
}
