import { expect, test } from 'vitest'
import { mediaOfUrl } from './media.ts'

test.each([
  ['data:image/png;base64,AA', 'image/png', 'AA'],
  ['DATA:Image/PNG;BASE64,AA', 'image/png', 'AA'],
  ['data:audio/WAV;rate=8000;base64,AA', 'audio/wav', 'AA'],
  ['data:;base64,AA', '', 'AA'],
])('the data URL %s holds bytes of the type %j', (url, mediaType, base64) => {
  expect(mediaOfUrl(url)).toEqual({ from: 'bytes', mediaType, base64 })
})

test.each(['https://a.example/data:image/png;base64,AA', 'data:text/plain,hello'])('%s is a link', (url) => {
  expect(mediaOfUrl(url)).toEqual({ from: 'url', url })
})
