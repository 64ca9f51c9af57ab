import { describe, expect, it } from 'vitest'
import type { SettingField } from '@/app/wire'
import { changesOf, contrast, contrastGrade, isOrigin, problemsOf, valuesOf } from './settings'

const field = (key: string, type: SettingField['type'], value: unknown = null): SettingField => ({
  key, type, label: { zh: key, en: key }, hint: null, default: value, choices: [],
})

const FIELDS = [
  field('title', 'localised', { zh: '客服' }),
  field('colour', 'colour', '#1F7A6D'),
  field('origins', 'origins'),
  field('suggestions', 'localised_list', { zh: ['发货'] }),
  field('launcher', 'switch', true),
  field('logo', 'image'),
]

describe('values', () => {
  it('fills what was never set from the manifest, in the shape its input needs', () => {
    expect(valuesOf(FIELDS, { colour: '#4B5FA8', launcher: false })).toEqual({
      title: { zh: '客服', en: '' },
      colour: '#4B5FA8',
      origins: [],
      suggestions: { zh: ['发货'], en: [] },
      launcher: false,
      logo: null,
    })
  })

  it('sends only what changed, without empty lines', () => {
    const before = valuesOf(FIELDS, {})
    const after = { ...before, origins: [' https://shop.example.com ', ''], suggestions: { zh: ['发货', ' '], en: [] } }
    expect(changesOf(FIELDS, before, after)).toEqual({ origins: ['https://shop.example.com'], suggestions: { zh: ['发货'], en: [] } })
    expect(changesOf(FIELDS, before, { ...before })).toEqual({})
  })
})

describe('problems', () => {
  it('names the fields that cannot be saved', () => {
    const values = { ...valuesOf(FIELDS, {}), colour: 'green', origins: ['https://ok.example', 'shop.example.com/path'] }
    expect(problemsOf(FIELDS, values)).toEqual({ colour: 'colour', origins: 'origin' })
    expect(problemsOf(FIELDS, valuesOf(FIELDS, {}))).toEqual({})
  })

  it('knows an origin from an address', () => {
    expect(['https://shop.example.com', 'http://localhost:3000', 'https://*.example.com'].every(isOrigin)).toBe(true)
    expect(['shop.example.com', 'https://shop.example.com/', 'ftp://x.example'].some(isOrigin)).toBe(false)
  })
})

describe('contrast', () => {
  it('follows the WCAG formula', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
    expect(contrast('#ffffff', '#767676')).toBeCloseTo(4.54, 2)
  })

  it('grades white text on a brand colour', () => {
    expect(contrastGrade('#1F7A6D')).toBe('good')
    expect(contrastGrade('#E8702A')).toBe('large')
    expect(contrastGrade('#FFD400')).toBe('low')
  })
})
