import { expect, test } from 'vitest'
import { mediaOfUrl, plainBase64 } from './media.ts'

test.each([
  ['data:image/png;base64,AA', 'image/png', 'AA'],
  ['DATA:Image/PNG;BASE64,AA', 'image/png', 'AA'],
  ['data:audio/WAV;rate=8000;base64,AA', 'audio/wav', 'AA'],
  ['data:;base64,AA', '', 'AA'],
  // Percent-encoded (RFC 2397).
  ['data:text/plain,hello%20there', 'text/plain', 'aGVsbG8gdGhlcmU='],
  ['data:,a', 'text/plain', 'YQ=='],
  ['data:image/svg+xml;utf8,<svg/>', 'image/svg+xml', 'PHN2Zy8+'],
  ['data:text/plain,100%', 'text/plain', 'MTAwJQ=='],
])('the data URL %s holds bytes of the type %j', (url, mediaType, base64) => {
  expect(mediaOfUrl(url)).toEqual({ from: 'bytes', mediaType, base64 })
})

test.each(['https://a.example/data:image/png;base64,AA', 'gs://b/x.png'])('%s is a link', (url) => {
  expect(mediaOfUrl(url)).toEqual({ from: 'url', url })
})

test.each([
  ['with line breaks', 'QUJD\r\nREVG\n', 'QUJDREVG'],
  ['in the alphabet of URLs', 'a-_b', 'a+/b'],
  ['in the alphabet of URLs without padding', '-_8', '+/8='],
  ['with escapes of a URL', 'a%2Bb%3D', 'a+b='],
  ['as usual', 'a+/b', 'a+/b'],
])('base64 %s is told in the usual form', (_, text, wanted) => {
  expect(plainBase64(text)).toBe(wanted)
})
