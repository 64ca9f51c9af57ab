import { render } from 'preact'
import { expect, test } from 'vitest'
import { Prose } from '../thread/prose.tsx'
import { parseMarkdown, safeHref } from './markdown.ts'

function drawn(text: string): HTMLElement {
  const root = document.createElement('div')
  render(<Prose text={text} />, root)
  return root
}
const html = (text: string) => drawn(text).querySelector('.prose')?.innerHTML

test.each([
  ['**粗体**和*斜体*', '<p><strong>粗体</strong>和<em>斜体</em></p>'],
  ['one\ntwo', '<p>one<br>two</p>'],
  ['one\n\ntwo', '<p>one</p><p>two</p>'],
  ['- a\n- **b**', '<ul><li>a</li><li><strong>b</strong></li></ul>'],
  ['Steps:\n2. a\n3. b', '<p>Steps:</p><ol start="2"><li>a</li><li>b</li></ol>'],
  ['2、第二步', '<ol start="2"><li>第二步</li></ol>'],
  ['1.5 kg', '<p>1.5 kg</p>'],
  ['# Title\ntext', '<p><strong>Title</strong><br>text</p>'],
  ['`a*b*c`', '<p><code>a*b*c</code></p>'],
  ['2 * 3 * 4 and snake_case_name', '<p>2 * 3 * 4 and snake_case_name</p>'],
  ['\\*not\\*', '<p>*not*</p>'],
])('%j', (source, expected) => {
  expect(html(source)).toBe(expected)
})

test('links open elsewhere and tell nothing about us', () => {
  const link = drawn('见[退货说明](/help/shop/zh/articles/returns)。').querySelector('a')
  expect(link?.getAttribute('href')).toBe('/help/shop/zh/articles/returns')
  expect(link?.target).toBe('_blank')
  expect(link?.rel).toContain('noopener')
})

test('a bare address is a link without the mark that ends the sentence', () => {
  const root = drawn('看 https://example.com/a?b=1，或 https://example.com/x.')
  expect([...root.querySelectorAll('a')].map((link) => link.getAttribute('href'))).toEqual(['https://example.com/a?b=1', 'https://example.com/x'])
  expect(root.textContent).toBe('看 https://example.com/a?b=1，或 https://example.com/x.')
})

const attacks = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<a href="javascript:alert(1)">x</a>',
  '**<b onmouseover=alert(1)>x</b>**',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\tscript:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](data:text/html,<script>alert(1)</script>)',
  '[x](vbscript:msgbox(1))',
  '[x](//evil.example)',
  '[x](/\\evil.example)',
  '[x](https://ok.example" onclick="alert(1))',
  '![x](javascript:alert(1))',
  '[**<img src=x onerror=alert(1)>**](https://ok.example)',
  '[a [b](javascript:alert(1))](https://ok.example)',
  '`<script>alert(1)</script>`',
  '- <style>*{display:none}</style>',
  '# <math><mi xlink:href="javascript:alert(1)">',
  '</div></li></ol><form action=//evil.example><input>',
  '\u0000<scr\u0000ipt>alert(1)</scr\u0000ipt>',
  'https://ok.example/"onmouseover="alert(1)',
]
const allowed = new Set(['DIV', 'P', 'BR', 'STRONG', 'EM', 'CODE', 'UL', 'OL', 'LI', 'A'])

test.each(attacks)('nothing comes of %j', (attack) => {
  const root = drawn(attack)
  const elements = [...root.querySelectorAll('*')]
  const names = elements.flatMap((element) => element.getAttributeNames().map((name) => `${element.tagName} ${name}`))
  const links = [...root.querySelectorAll('a')].map((link) => link.getAttribute('href') ?? '')
  expect(elements.filter((element) => !allowed.has(element.tagName))).toEqual([])
  expect(names.filter((name) => !/^(DIV (class|dir)|A (href|target|rel)|OL start)$/.test(name))).toEqual([])
  expect(links.filter((href) => !/^(https?:\/\/|\/[^/\\])/.test(href))).toEqual([])
})

test('only harmless addresses are offered', () => {
  expect(['https://a.b', 'http://a.b/c', 'mailto:a@b.c', 'tel:+86 10-1234', '/help/x'].map(safeHref)).not.toContain(null)
  expect(['javascript:1', '//a.b', '/\\a.b', 'ftp://a', 'https:a b', 'help/x', ''].map(safeHref)).toEqual(Array(7).fill(null))
})

test('a long line of signs is parsed in no time', () => {
  const began = performance.now()
  for (const piece of ['*', '_', '[', '**a', '](', '`']) parseMarkdown(piece.repeat(4000))
  expect(performance.now() - began).toBeLessThan(1500)
})
