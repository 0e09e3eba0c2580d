import type { ButtonHTMLAttributes } from 'react'

export function Button({
  kind = 'plain',
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { kind?: 'plain' | 'primary' | 'quiet' }) {
  return <button type="button" {...rest} className={`button button-${kind}`} />
}
