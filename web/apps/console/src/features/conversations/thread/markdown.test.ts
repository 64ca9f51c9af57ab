import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import MarkdownText from './MarkdownText'
import { safeHref } from './markdown'

const html = (text: string, plain = false) => mount(MarkdownText, { props: { text, plain } }).html({ raw: true })
const dom = (text: string, plain = false) => mount(MarkdownText, { props: { text, plain } }).element as HTMLElement

describe('Markdown of answers', () => {
  it('draws bold, italic, code, lists and links', () => {
    const element = dom('**粗** 和 *斜* 与 `code`\n\n- 一\n- 二\n\n3. 三\n4. 四\n\n[帮助](https://x.example/a)')
    expect(element.querySelector('strong')?.textContent).toBe('粗')
    expect(element.querySelector('em')?.textContent).toBe('斜')
    expect(element.querySelector('code')?.textContent).toBe('code')
    expect(element.querySelectorAll('ul li')).toHaveLength(2)
    expect(element.querySelector('ol')?.getAttribute('start')).toBe('3')
    expect(element.querySelector('a')?.getAttribute('href')).toBe('https://x.example/a')
  })

  it.each([
    '<img src=x onerror=alert(1)>',
    '**<script>alert(1)</script>**',
    '`<b>`',
    '- <iframe src="https://x">',
    '[<svg onload=alert(1)>](https://x.example)',
    '```\n<style>*{}</style>\n```',
  ])('shows markup as text: %s', (text) => {
    expect(dom(text).querySelectorAll('img, script, b, iframe, svg, style')).toHaveLength(0)
    expect(dom(text).textContent).toContain('<')
  })

  it.each(['javascript:alert(1)', 'JaVaScript:alert(1)', 'data:text/html,x', '//evil.example', '/\\evil.example', 'vbscript:x'])('makes no link of %s', (address) => {
    expect(safeHref(address)).toBeNull()
    expect(html(`[x](${address})`)).not.toContain('<a')
  })

  it('leaves the Chinese stop after an address out of the link', () => {
    expect(dom('见 https://x.example/a。谢谢').querySelector('a')?.textContent).toBe('https://x.example/a')
  })

  it('keeps stars and underlines that are not marks', () => {
    expect(dom('2*3*4 和 snake_case_name').textContent).toBe('2*3*4 和 snake_case_name')
    expect(dom('snake_case_name').querySelector('em')).toBeNull()
  })

  it('keeps line breaks', () => {
    expect(dom('一\n二').querySelectorAll('br')).toHaveLength(1)
  })
})

describe('what a customer typed', () => {
  it('stays as typed, but for addresses', () => {
    const element = dom('**不是粗体** https://x.example/1', true)
    expect(element.querySelector('strong')).toBeNull()
    expect(element.textContent).toBe('**不是粗体** https://x.example/1')
    expect(element.querySelector('a')?.getAttribute('rel')).toContain('noopener')
  })
})
