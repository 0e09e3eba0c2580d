// The page behind a one-time link. Fetching it changes nothing: link previews and prefetching browsers fetch links too,
// and must not use them up. The form sends the token; a script does so by itself once a person can see the page.
import { escapeHtml, page } from './html.ts'

export interface SignInPage {
  /** Token of the sign-in link, if the page was opened by one. */
  token: string | undefined
  returnTo: string
  /** Why the last attempt failed. */
  refusal?: string
}

export function signInPage(shown: SignInPage): string {
  const refusal = shown.refusal === undefined ? '' : `<p role="alert">${escapeHtml(shown.refusal)}</p>`
  const form = shown.token === undefined ? tokenForm() : linkForm(shown.token)
  return page(
    'Sign in – Headgate',
    `<h1>Headgate</h1>
${refusal}
<form method="post" action="/sign-in"${shown.token === undefined ? '' : ' id="link"'}>
<input type="hidden" name="return_to" value="${escapeHtml(shown.returnTo)}">
${form}
</form>
<p class="hint"><code>npm run headgate -- open</code> on the machine of the gateway prints a fresh sign-in link.</p>${
      shown.token === undefined ? '' : '\n<script src="/sign-in.js" defer></script>'
    }`,
  )
}

function linkForm(token: string): string {
  return `<input type="hidden" name="token" value="${escapeHtml(token)}">
<button type="submit">Sign in</button>`
}

function tokenForm(): string {
  return `<label for="admin-token">Admin token</label>
<input id="admin-token" name="adminToken" type="password" autocomplete="current-password" required autofocus>
<button type="submit">Sign in</button>`
}

export const signInScript = `// Sends the form of a one-time link once somebody looks at it.
const send = () => document.visibilityState === 'visible' && document.getElementById('link')?.requestSubmit()
document.addEventListener('visibilitychange', send, { once: true })
send()
`

export const signInStyle = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; display: grid; place-items: center; min-height: 100vh }
main { width: min(24rem, 90vw) }
form { display: grid; gap: .75rem }
input, button { font: inherit; padding: .6rem .8rem; border-radius: .4rem; border: 1px solid #888 }
button { background: #1b5e8c; color: #fff; border: 0; cursor: pointer }
[role=alert] { color: #b3261e }
.hint { opacity: .75; font-size: .9rem }
`
