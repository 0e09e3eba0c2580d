// MessagePack. By `require`, because to `import` a CommonJS package Node compiles its lexer for such packages: 8 MB in a
// process and 2 more in each thread.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const { decode, decodeMulti, encode } = require('@msgpack/msgpack') as typeof import('@msgpack/msgpack')
