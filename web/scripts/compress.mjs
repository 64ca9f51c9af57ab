/** Puts a .gz and a .br beside every built text file that gains by it, so that the server never compresses at run time. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { FACES, filesBelow } from './built.mjs'

const TEXT = /\.(js|css|html|svg|json|webmanifest|txt)$/
const LEAST = 512

for (const face of ['console', 'widget']) {
  for (const name of filesBelow(join(FACES, face))) {
    if (!TEXT.test(name) || name.startsWith('.vite/')) continue
    const file = join(FACES, face, name)
    const plain = readFileSync(file)
    if (plain.length < LEAST) continue
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length }
    writeFileSync(`${file}.gz`, gzipSync(plain, { level: 9 }))
    writeFileSync(`${file}.br`, brotliCompressSync(plain, { params }))
  }
}
