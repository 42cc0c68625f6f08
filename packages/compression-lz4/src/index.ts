export { type Lz4Options, lz4 } from './lz4.ts'
