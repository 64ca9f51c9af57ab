// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { compareCatalogues, wordsInVue } from './catalogues.mjs'

describe('compareCatalogues', () => {
  it('finds keys and placeholders that differ', () => {
    const zh = { a: '好', b: { c: '{n} 条' }, only: '仅' }
    const en = { a: 'Good', b: { c: '{count} items' }, more: ' ' }
    expect(compareCatalogues(zh, en)).toEqual([
      'only is missing in en', 'b.c has other placeholders in zh than in en', 'more is missing in zh', 'more is empty',
    ])
  })

  it('finds bars that would cut a message short', () => {
    expect(compareCatalogues({ a: '用“|”分隔' }, { a: 'one | many' })).toEqual(['a holds a bar that would cut it short: plural forms are parted by " | "'])
  })

  it('is content with the same keys', () => expect(compareCatalogues({ a: '{n} 个' }, { a: '{n} of them' })).toEqual([]))
})

describe('wordsInVue', () => {
  it('finds words in text, spoken attributes and scripts', () => {
    const source = `<script setup lang="ts">
// 注释可以用中文
const greeting = '你好'
</script>
<template>
  <p class="text-lg" title="Close">Send {{ n }}</p>
  <QButton :label="open ? '关' : ''" kind="primary" />
</template>`
    expect(wordsInVue(source)).toEqual([[6, 'Close'], [6, 'Send'], [7, "open ? '关' : ''"], [3, "const greeting = '你好'"]])
  })

  it('lets names, signs and keys pass', () => {
    expect(wordsInVue('<template><b>Qiao 桥</b> · {{ t("a.b") }} <kbd>Esc</kbd> ×</template>')).toEqual([])
  })
})
