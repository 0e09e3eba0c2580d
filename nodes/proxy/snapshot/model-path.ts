// What a name must look like to be sent to a provider as the name of a model: it may become part of a path there.
const modelPathPattern = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/

/** Also of `provider/model`: no part of it is empty. */
export function isModelPath(name: string): boolean {
  return modelPathPattern.test(name) && !name.includes('..') && !name.includes('//') && !name.endsWith('/')
}
