import Image from '@tiptap/extension-image'
import { marked } from 'marked'

// HTML that somebody writes is words, to the editor as to the pages that the server makes: nothing of it is read as markup.
marked.use({ tokenizer: { html: () => undefined, tag: () => undefined } })

/** Pictures; one that is no file of ours stays in the text and is never fetched: its description stands there, as on the pages. */
export const Picture = Image.extend({
  renderHTML({ HTMLAttributes: told }) {
    if (String(told['src'] ?? '').startsWith('/files/')) return ['img', told]
    return ['p', { class: 'text-ink-2' }, String(told['alt'] || told['src'] || '')]
  },
}).configure({ inline: false, allowBase64: false })
