/** Gives the memory of a buffer that shares it with no other one back at once, and not at the next collection. Whoever still has
 *  the buffer finds it empty, never with the content of another body. */
export function freeBytes(buffer: Buffer): void {
  ;(buffer.buffer as ArrayBuffer).transfer(0)
}
