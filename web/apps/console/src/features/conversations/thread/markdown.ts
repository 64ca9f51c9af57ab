/**
 * The little Markdown that answers are written in, read into a tree that is drawn as elements: nothing of a text is ever
 * taken for HTML. Known: bold, italic, code, blocks of code, lists, headings (as bold lines), quotes, links, bare addresses.
 */
export type Inline =
  | { type: 'text'; text: string }
  | { type: 'strong' | 'em'; children: Inline[] }
  | { type: 'code'; text: string }
  | { type: 'link'; href: string; children: Inline[] }
  | { type: 'break' }

export type Block =
  | { type: 'paragraph' | 'heading' | 'quote'; children: Inline[] }
  | { type: 'list'; ordered: boolean; start: number; items: Inline[][] }
  | { type: 'code'; text: string }

/** The address if it is one we let a reader follow (web, mail, phone, or a path of this site); else null. */
export function safeHref(address: string): string | null {
  const trimmed = address.trim()
  if (/^(https?:\/\/|mailto:|tel:)/i.test(trimmed)) return trimmed
  return /^\/(?![/\\])/.test(trimmed) ? trimmed : null
}

const INLINE =
  /(`+)([^`]+?)\1|\[([^\]\n]{1,300})\]\(([^)\s]{1,2000})\)|\*\*([^*\n]+?)\*\*|__([^_\n]+?)__|(?<![\w*])\*([^*\s][^*\n]*?)\*(?!\w)|(?<!\w)_([^_\s][^_\n]*?)_(?!\w)|(https?:\/\/[^\s<>"'，。；！？）】」]+)|(\n)/g

function bareLink(found: string): Inline[] {
  const href = found.replace(/[.,;:!?)\]]+$/, '')
  const rest = found.slice(href.length)
  const link: Inline = { type: 'link', href, children: [{ type: 'text', text: href }] }
  return rest ? [link, { type: 'text', text: rest }] : [link]
}

function inlineOf(match: RegExpMatchArray, depth: number): Inline[] {
  const [whole, , code, label, address, bold, bold2, italic, italic2, bare] = match
  if (code !== undefined) return [{ type: 'code', text: code }]
  if (label !== undefined && address !== undefined) {
    const href = safeHref(address)
    return href ? [{ type: 'link', href, children: inlines(label, depth + 1) }] : [{ type: 'text', text: whole }]
  }
  const strong = bold ?? bold2
  if (strong !== undefined) return [{ type: 'strong', children: inlines(strong, depth + 1) }]
  const em = italic ?? italic2
  if (em !== undefined) return [{ type: 'em', children: inlines(em, depth + 1) }]
  return bare !== undefined ? bareLink(bare) : [{ type: 'break' }]
}

export function inlines(text: string, depth = 0): Inline[] {
  if (depth > 4) return [{ type: 'text', text }]
  const found: Inline[] = []
  let at = 0
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) found.push({ type: 'text', text: text.slice(at, match.index) })
    found.push(...inlineOf(match, depth))
    at = match.index + match[0].length
  }
  if (at < text.length) found.push({ type: 'text', text: text.slice(at) })
  return found
}

const ITEM = /^\s{0,6}(?:([-*+•])|(\d{1,4})[.)、])\s+(.*)$/

class Reader {
  readonly blocks: Block[] = []
  private lines: string[] = []
  private code: string[] | null = null

  line(line: string): void {
    if (/^\s*```/.test(line)) return this.fence()
    if (this.code) {
      this.code.push(line)
      return
    }
    const item = ITEM.exec(line)
    const heading = /^#{1,6}\s+(.*)$/.exec(line)
    const quote = /^>\s?(.*)$/.exec(line)
    if (line.trim() === '') this.endParagraph()
    else if (item) this.item(item)
    else if (heading) this.single('heading', heading[1] ?? '')
    else if (quote) this.single('quote', quote[1] ?? '')
    else this.lines.push(line)
  }

  end(): Block[] {
    if (this.code) this.fence()
    this.endParagraph()
    return this.blocks
  }

  private fence(): void {
    this.endParagraph()
    if (this.code) this.blocks.push({ type: 'code', text: this.code.join('\n') })
    this.code = this.code ? null : []
  }

  private single(type: 'heading' | 'quote', text: string): void {
    this.endParagraph()
    this.blocks.push({ type, children: inlines(text) })
  }

  private item([, , number, text = '']: RegExpExecArray): void {
    this.endParagraph()
    const ordered = number !== undefined
    const last = this.blocks.at(-1)
    if (last?.type === 'list' && last.ordered === ordered) last.items.push(inlines(text))
    else this.blocks.push({ type: 'list', ordered, start: Number(number ?? 1), items: [inlines(text)] })
  }

  private endParagraph(): void {
    if (this.lines.length > 0) this.blocks.push({ type: 'paragraph', children: inlines(this.lines.join('\n')) })
    this.lines = []
  }
}

export function parseMarkdown(text: string): Block[] {
  const reader = new Reader()
  for (const line of text.replace(/\r\n?/g, '\n').split('\n')) reader.line(line)
  return reader.end()
}
