/** Node's zlib. Loaded when it is first needed: that takes some two of the sixty milliseconds of a process until its first acknowledged record. */
export function nodeZlib(): typeof import('node:zlib') {
  return process.getBuiltinModule('node:zlib')
}
