export { type ZstdOptions, zstd } from './zstd.ts'
