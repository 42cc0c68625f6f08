export interface Block {
  /** For people: file and line of the fence. */
  name: string
  code: string
  /** The ending that its source file gets. */
  ending: 'mts' | 'mjs' | 'cjs'
  /** Whether vitest runs it, and not Node itself. */
  isVitest: boolean
  /** What its lines of output contain, in order. */
  prints: string[]
}

const program = /((?:^<!-- prints: [^\n]* -->\n\n?)*)^```(ts|js)\n(.*?)^```$/gms
const print = /^<!-- prints: (.*) -->$/gm

/** Every program of a page: the blocks fenced as ts or js, with what the comments above them say about their output. */
export function readBlocks(file: string, markdown: string): Block[] {
  return [...markdown.matchAll(program)].map(({ index, 0: whole, 1: comments, 2: language, 3: code }) => {
    const line = markdown.slice(0, index + whole.indexOf('```')).split('\n').length
    return {
      name: `${file}:${line}`,
      code: code!,
      ending: language === 'ts' ? 'mts' : /\brequire\(/.test(code!) ? 'cjs' : 'mjs',
      isVitest: /from 'vitest'/.test(code!),
      prints: [...comments!.matchAll(print)].map(([, text]) => text!),
    }
  })
}
