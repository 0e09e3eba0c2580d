// MessagePack. By `require`, because to `import` a CommonJS package Node compiles its lexer for such packages: 1 MB in each
// thread, and 6 MB of Node's own pages.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const { decode, decodeMulti, encode } = require('@msgpack/msgpack') as typeof import('@msgpack/msgpack')
