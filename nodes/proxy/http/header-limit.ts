// Raises the parser's limit for the head of a request: 4 KB by default, too little for a token with claims. uWebSockets.js
// reads the limit from the environment when its binary is loaded, so this file must be imported before it.
import { bounds } from '../../../shared/bounds.ts'

process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= String(bounds.headerBytesMax)
