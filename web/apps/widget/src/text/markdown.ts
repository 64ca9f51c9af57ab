/**
 * The little Markdown that bots and agents write, as a tree. No HTML is ever made from it: the tree becomes text nodes,
 * so a tag in a message is shown as it was typed. Links lead only to http, https, mailto, tel or a page of this site.
 */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'strong' | 'em' | 'code'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] }
  | { kind: 'break' }

export type Block = { kind: 'paragraph'; children: Inline[] } | { kind: 'list'; ordered: boolean; start: number; items: Inline[][] }

const BULLET = /^\s{0,6}[-*+•]\s+(.*)$/
const NUMBER = /^\s{0,6}(\d{1,3})(?:[.)]\s+|、\s*)(.*)$/
const HEADING = /^#{1,6}\s+(.*?)\s*#*$/
const INLINE = new RegExp(
  [
    /\\([\\`*_[\]()#+\-.!])/, // 1 escaped sign
    /`([^`\n]+)`/, // 2 code
    /!?\[([^[\]\n]{1,300})\]\(([^()\s]{1,2000})\)/, // 3, 4 link (a picture becomes a link)
    /\*\*(?=\S)([^\n]*?\S)\*\*/, // 5 strong
    /__(?=\S)([^\n]*?\S)__/, // 6 strong
    /\*(?=[^\s*])([^*\n]*?[^\s*])\*/, // 7 emphasis
    /\b_(?=[^\s_])([^_\n]*?[^\s_])_\b/, // 8 emphasis
    /(https?:\/\/[^\s<>"'，。；：！？、（）【】《》]+)/, // 9 bare address
  ]
    .map((part) => part.source)
    .join('|'),
  'u',
)
const DEPTH = 4

export function parseMarkdown(source: string): Block[] {
  const blocks: Block[] = []
  let paragraph: string[] = []
  const flush = () => {
    if (paragraph.length) blocks.push({ kind: 'paragraph', children: lines(paragraph) })
    paragraph = []
  }
  for (const line of source.replace(/\r\n?/g, '\n').split('\n')) {
    const item = listItem(line)
    const last = blocks[blocks.length - 1]
    if (item) {
      flush()
      const open = blocks[blocks.length - 1]
      if (open?.kind === 'list' && open.ordered === item.ordered) open.items.push(parseInline(item.text))
      else blocks.push({ kind: 'list', ordered: item.ordered, start: item.start, items: [parseInline(item.text)] })
    } else if (!line.trim()) flush()
    else if (/^\s{2,}\S/.test(line) && last?.kind === 'list' && !paragraph.length) {
      last.items[last.items.length - 1]?.push({ kind: 'break' }, ...parseInline(line.trim()))
    } else paragraph.push(line)
  }
  flush()
  return blocks
}

/** The address when it is safe to offer as a link, else null. */
export function safeHref(href: string): string | null {
  const plain = href.trim()
  if (/^\/(?![/\\])[^\s\\]*$/.test(plain)) return plain
  return /^(https?:\/\/[^\s]+|mailto:[^\s@]+@[^\s]+|tel:\+?[\d\-() ]+)$/i.test(plain) ? plain : null
}

export function parseInline(source: string, depth = 0): Inline[] {
  const out: Inline[] = []
  let rest = source
  while (rest) {
    const found = depth < DEPTH ? INLINE.exec(rest) : null
    if (!found) break
    if (found.index) out.push({ kind: 'text', text: rest.slice(0, found.index) })
    out.push(...inlineOf(found, depth))
    rest = rest.slice(found.index + found[0].length)
  }
  if (rest) out.push({ kind: 'text', text: rest })
  return out
}

function inlineOf(found: RegExpExecArray, depth: number): Inline[] {
  const [whole, escaped, code, label, href, strong, strongToo, em, emToo, address] = found
  const bold = strong ?? strongToo
  const slanted = em ?? emToo
  if (escaped !== undefined) return [{ kind: 'text', text: escaped }]
  if (code !== undefined) return [{ kind: 'code', children: [{ kind: 'text', text: code }] }]
  if (bold !== undefined) return [{ kind: 'strong', children: parseInline(bold, depth + 1) }]
  if (slanted !== undefined) return [{ kind: 'em', children: parseInline(slanted, depth + 1) }]
  if (address !== undefined) return bareAddress(address)
  const safe = safeHref(href ?? '')
  return safe ? [{ kind: 'link', href: safe, children: withoutLinks(label ?? '', depth) }] : [{ kind: 'text', text: whole }]
}

/** Sentence marks after an address belong to the sentence. */
function bareAddress(address: string): Inline[] {
  const tail = /[.,;:!?)\]]+$/.exec(address)?.[0] ?? ''
  const href = address.slice(0, address.length - tail.length)
  const link: Inline = { kind: 'link', href, children: [{ kind: 'text', text: href }] }
  return tail ? [link, { kind: 'text', text: tail }] : [link]
}

/** A link in a link is no HTML: inside a label only strong, emphasis and code count. */
function withoutLinks(label: string, depth: number): Inline[] {
  return parseInline(label, depth + 1).map((part) =>
    part.kind === 'link' ? { kind: 'strong', children: part.children } : part,
  )
}

function lines(paragraph: string[]): Inline[] {
  return paragraph.flatMap((line, i) => {
    const heading = HEADING.exec(line)?.[1]
    const parsed: Inline[] = heading
      ? [{ kind: 'strong', children: parseInline(heading, 1) }]
      : parseInline(line.replace(/^\s*>\s?/, ''))
    return i ? [{ kind: 'break' }, ...parsed] : parsed
  })
}

function listItem(line: string): { ordered: boolean; start: number; text: string } | null {
  const bullet = BULLET.exec(line)
  if (bullet) return { ordered: false, start: 1, text: bullet[1] ?? '' }
  const number = NUMBER.exec(line)
  return number ? { ordered: true, start: Number(number[1]), text: number[2] ?? '' } : null
}
