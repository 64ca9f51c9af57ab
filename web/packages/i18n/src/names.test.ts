import { expect, it } from 'vitest'
import { languageName, placeName, regionName } from './index'

it('names countries and languages in the reader’s language', () => {
  expect(regionName('cn', 'zh')).toBe('中国')
  expect(regionName('NZ', 'en')).toBe('New Zealand')
  expect(languageName('zh', 'en')).toBe('Chinese')
})

it('leaves alone what is no code', () => {
  expect(regionName('Middle-earth', 'en')).toBe('Middle-earth')
})

it('writes a place as the language does', () => {
  expect(placeName('杭州', 'CN', 'zh')).toBe('杭州 · 中国')
  expect(placeName(null, 'NZ', 'en')).toBe('New Zealand')
  expect(placeName(null, null, 'en')).toBeNull()
})
