export { type GzipOptions, gzip } from './gzip.ts'
