import { render } from 'preact'
import { expect, test } from 'vitest'
import { type Desk, DeskContext } from '../view/desk.ts'
import { zh } from '../words/zh.ts'
import type { Card } from '../visit/wire.ts'
import { CardView } from './card.tsx'

const CARD: Card = {
  title: '订单 LT10000002 的物流',
  status: '已发货',
  fields: [{ label: '快递', value: '顺丰速运' }],
  rows: [
    { text: '到达杭州转运中心', note: '11 月 22 日 10:57' },
    { text: '<b>已揽收</b> [x](https://evil.example)', note: '' },
  ],
  style: 'timeline',
  link: 'https://sf.example/track',
  link_text: '在快递官网查看',
}

function drawn(card: Card): HTMLElement {
  const root = document.createElement('div')
  render(
    <DeskContext.Provider value={{ words: zh } as Desk}>
      <CardView card={card} />
    </DeskContext.Provider>,
    root,
  )
  return root
}

test('a card shows its values and its way, newest first, as plain text', () => {
  const root = drawn(CARD)
  expect(root.querySelector('h3')?.textContent).toBe('订单 LT10000002 的物流已发货')
  expect([...root.querySelectorAll('dl > *')].map((one) => one.textContent)).toEqual(['快递', '顺丰速运'])
  expect([...root.querySelectorAll('ol.timeline li')].map((one) => one.textContent)).toEqual([
    '11 月 22 日 10:57到达杭州转运中心',
    '<b>已揽收</b> [x](https://evil.example)',
  ])
  expect(root.querySelectorAll('a')).toHaveLength(1)
})

test('a link leads only to the web, and elsewhere', () => {
  const link = drawn(CARD).querySelector('a')
  expect([link?.getAttribute('href'), link?.target, link?.rel]).toEqual(['https://sf.example/track', '_blank', 'noopener'])
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', '']) expect(drawn({ ...CARD, link: bad }).querySelector('a')).toBeNull()
})

test('what is empty is not drawn', () => {
  const root = drawn({ ...CARD, status: '', fields: [], rows: [], style: 'list', link: '' })
  expect(root.querySelector('.facts')?.children).toHaveLength(1)
})
