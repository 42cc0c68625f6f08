export { type SnappyOptions, snappy } from './snappy.ts'
