import { Editor } from '@tiptap/core'
import { Markdown } from '@tiptap/markdown'
import StarterKit from '@tiptap/starter-kit'
import { expect, it } from 'vitest'
import { Picture } from './written'

function drawn(markdown: string): { html: string; text: string; again: string } {
  const editor = new Editor({ injectCSS: false, extensions: [StarterKit, Picture, Markdown], content: markdown, contentType: 'markdown' })
  const found = { html: editor.getHTML(), text: editor.getText(), again: editor.getMarkdown() }
  editor.destroy()
  return found
}

it.each([
  '<img src=x onerror=alert(1)>',
  'a <b onclick=alert(1)>x</b> c',
  '<script>alert(1)</script>',
  '<svg><style><img src=x onerror=alert(1)></style></svg>',
  '<base href=//canary.example/>',
])('shows written HTML as words and writes it back as such: %s', (written) => {
  const { html, text, again } = drawn(written)
  expect(text).toBe(written)
  expect(html).toMatch(/^<p>[^<>]*<\/p>$/)
  expect(drawn(again).text).toBe(written)
})

it('leaves code alone', () => {
  expect(drawn('```\n<b>\n```').again).toBe('```\n<b>\n```')
})

it.each(['//canary.example/1.png', 'https://canary.example/1.png', 'data:image/png;base64,AAAA', '/filesx/1'])('fetches no picture from %s', (from) => {
  const { html, again } = drawn(`![tea](${from})`)
  expect(html).not.toContain('<img')
  expect(html).not.toContain(from)
  expect(again).toBe(`![tea](${from})`)
})

it('shows pictures of our own', () => {
  expect(drawn('![tea](/files/a/b/c)').html).toContain('<img src="/files/a/b/c"')
})
