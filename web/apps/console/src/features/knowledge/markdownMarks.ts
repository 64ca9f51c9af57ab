/** What the small toolbar does to a Markdown text and its selection. */

export interface Selected {
  text: string
  start: number
  end: number
}

/** Puts `mark` around the selection, or takes it away when it is there already. `filler` stands in for an empty selection. */
export function wrap({ text, start, end }: Selected, mark: string, filler: string): Selected {
  const size = mark.length
  if (text.slice(start - size, start) === mark && text.slice(end, end + size) === mark) {
    return { text: text.slice(0, start - size) + text.slice(start, end) + text.slice(end + size), start: start - size, end: end - size }
  }
  const inner = text.slice(start, end) || filler
  return { text: text.slice(0, start) + mark + inner + mark + text.slice(end), start: start + size, end: start + size + inner.length }
}

/** Begins every selected line with a bullet or a number, or takes them away when every line has one. */
export function listLines({ text, start, end }: Selected, numbered: boolean): Selected {
  const from = text.lastIndexOf('\n', start - 1) + 1
  const after = text.indexOf('\n', end)
  const to = after < 0 ? text.length : after
  const lines = text.slice(from, to).split('\n')
  const pattern = numbered ? /^\d+\. / : /^[-*] /
  const marked = lines.every((line) => pattern.test(line))
  const next = lines.map((line, index) => (marked ? line.replace(pattern, '') : `${numbered ? `${index + 1}.` : '-'} ${line.replace(/^(\d+\.|[-*]) /, '')}`)).join('\n')
  return { text: text.slice(0, from) + next + text.slice(to), start: from, end: from + next.length }
}

/** A link around the selection, with the address selected so that it can be typed. */
export function linkTo({ text, start, end }: Selected, filler: string): Selected {
  const label = text.slice(start, end) || filler
  const address = 'https://'
  const at = start + label.length + 3
  return { text: `${text.slice(0, start)}[${label}](${address})${text.slice(end)}`, start: at, end: at + address.length }
}
