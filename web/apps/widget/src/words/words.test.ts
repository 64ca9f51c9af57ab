import { expect, test } from 'vitest'
import { en } from './en.ts'
import { fill, inLocale, loadWords, nearest, queueWords } from './words.ts'
import { zh } from './zh.ts'

const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort()

test('both dictionaries have the same words with the same holes, none empty', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
  for (const [key, text] of Object.entries(zh)) expect([key, holes(en[key as keyof typeof zh])]).toEqual([key, holes(text)])
  expect(Object.values({ ...zh, ...en }).filter((text) => !text.trim())).toEqual([])
})

test('Chinese uses full-width marks and spaces around Latin words', () => {
  const bare = Object.values(zh).map((text) => text.replace(/\{\w+\}|[\w.@]+@[\w.]+/g, ''))
  expect(bare.filter((text) => /[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]/.test(text))).toEqual([])
  expect(bare.filter((text) => /[\u4e00-\u9fff][A-Za-z]|[A-Za-z][\u4e00-\u9fff]/.test(text))).toEqual([])
})

test('the place in the queue', () => {
  expect(queueWords(zh, { position: 3, estimate_seconds: 170 })).toEqual(['您前面还有 2 位', '约 3 分钟'])
  expect(queueWords(zh, { position: 1, estimate_seconds: 20 })).toEqual(['下一位就是您', '不到 1 分钟'])
  expect(queueWords(en, { position: 2, estimate_seconds: null })).toEqual(['1 ahead of you'])
})

test('languages', async () => {
  expect(['zh-CN', 'zh', 'ZH-TW', 'en', 'fr', '', null].map(nearest)).toEqual(['zh', 'zh', 'zh', 'en', 'en', 'en', 'en'])
  expect(inLocale({ en: 'Hi' }, 'zh')).toBe('Hi')
  expect(fill('{a} {b}', { a: 1 })).toBe('1 {b}')
  expect((await loadWords('zh')).chat).toBe(zh.chat)
})
