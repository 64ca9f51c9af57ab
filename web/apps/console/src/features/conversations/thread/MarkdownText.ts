/** Draws parsed Markdown as elements; a text can bring no markup of its own. */
import { defineComponent, h, type VNodeChild } from 'vue'
import { inlines, parseMarkdown, type Block, type Inline } from './markdown'

const LINK = 'text-celadon-strong underline underline-offset-2 break-words'

function drawInline(part: Inline): VNodeChild {
  switch (part.type) {
    case 'text':
      return part.text
    case 'break':
      return h('br')
    case 'code':
      return h('code', { class: 'rounded-sm bg-sunken px-1 font-mono text-[0.92em]' }, part.text)
    case 'link':
      return h('a', { href: part.href, target: '_blank', rel: 'noopener noreferrer nofollow', class: LINK }, part.children.map(drawInline))
    default:
      return h(part.type, part.children.map(drawInline))
  }
}

function drawBlock(block: Block): VNodeChild {
  switch (block.type) {
    case 'code':
      return h('pre', { class: 'overflow-x-auto rounded-md bg-sunken p-2 font-mono text-sm whitespace-pre', tabindex: 0 }, block.text)
    case 'list': {
      const look = block.ordered ? 'list-decimal' : 'list-disc'
      const start = block.ordered && block.start !== 1 ? { start: block.start } : {}
      return h(block.ordered ? 'ol' : 'ul', { class: `${look} ps-5`, ...start }, block.items.map((item) => h('li', item.map(drawInline))))
    }
    case 'heading':
      return h('p', { class: 'font-semibold' }, block.children.map(drawInline))
    case 'quote':
      return h('blockquote', { class: 'border-s-2 border-line ps-3 text-ink-2' }, block.children.map(drawInline))
    default:
      return h('p', block.children.map(drawInline))
  }
}

/** `plain`: only line breaks and web addresses mean anything (what a customer typed stays as typed). */
export default defineComponent({
  props: { text: { type: String, required: true }, plain: { type: Boolean, default: false } },
  setup(props) {
    return () =>
      props.plain
        ? h('p', { class: 'whitespace-pre-wrap' }, plainParts(props.text).map(drawInline))
        : h('div', { class: 'grid gap-1.5' }, parseMarkdown(props.text).map(drawBlock))
  },
})

function plainParts(text: string): Inline[] {
  return text.split(/(https?:\/\/[^\s<>"'，。；！？）】」]+)/).flatMap((part, index): Inline[] =>
    index % 2 === 1 ? inlines(part) : part ? [{ type: 'text', text: part }] : [],
  )
}
