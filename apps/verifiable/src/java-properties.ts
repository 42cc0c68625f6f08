/**
 * A file of Java properties as a map: `name=value`, `name: value` or `name value`, comments after `#` or `!`, a backslash at the end of a line
 * joins it to the next, `\n`, `\t`, `\uXXXX` and the like stand for what they do in Java.
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const [, name = '', value = ''] = /^((?:\\[\s\S]|[^\\\s=:])*)(?:\s*[=:]\s*|\s+|$)([\s\S]*)$/.exec(line) ?? []
    properties.set(unescaped(name), unescaped(value))
  }
  return properties
}

function logicalLines(text: string): string[] {
  const lines: string[] = []
  let begun: string | undefined
  for (const raw of text.split(/\r\n|[\r\n]/)) {
    const line = raw.trimStart()
    if (begun === undefined && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const whole: string = (begun ?? '') + line
    const isContinued = /(?<!\\)(?:\\\\)*\\$/.test(whole)
    begun = isContinued ? whole.slice(0, -1) : undefined
    if (!isContinued) lines.push(whole)
  }
  if (begun !== undefined) lines.push(begun)
  return lines
}

const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(?:u([\da-fA-F]{4})|([\s\S]))/g, (_, unicode: string | undefined, other: string) => {
    return unicode === undefined ? (controls[other] ?? other) : String.fromCharCode(Number.parseInt(unicode, 16))
  })
}
