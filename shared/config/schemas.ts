export * from './keys/key-schemas.ts'
export { specSchemas } from './kinds/schemas.ts'
