// The parser reads its limit for a request's head (4 KB by default, too little for a token with claims) from the environment
// when its binary is loaded. So this file has to be imported before anything that imports uWebSockets.js.
import { bounds } from '../../../shared/bounds.ts'

process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= String(bounds.headerBytesMax)
