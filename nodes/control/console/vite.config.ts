import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The console is served under `default-src 'self'` without inline anything: so no asset may turn into a `data:` URL, and no
// polyfill may be written into the page.
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    reportCompressedSize: false,
  },
})
