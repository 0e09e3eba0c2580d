// Drawn as elements, because the page's policy allows no `data:` images.
const shapes = {
  plug: 'M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4',
  list: 'M4 6h16M4 12h16M4 18h10',
  pulse: 'M3 12h4l3-7 4 14 3-7h4',
  target: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  key: 'M14.5 9.5a4 4 0 1 1-1.2-2.8 4 4 0 0 1 1.2 2.8zM13.3 12.3L20 19M17 16l-2 2',
  alert: 'M12 4l9 16H3zM12 10v4M12 17v.01',
  close: 'M6 6l12 12M18 6L6 18',
} as const

export type IconName = keyof typeof shapes

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  )
}

export function Brand() {
  return (
    <p className="brand">
      <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" />
        <path d="M8 25V8h16v17M12 8v7.5h8V8M11.5 21c1.5-1.6 3-1.6 4.5 0s3 1.6 4.5 0" />
      </svg>
      Headgate
    </p>
  )
}
