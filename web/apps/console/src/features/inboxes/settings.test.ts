import { describe, expect, it } from 'vitest'
import type { SettingField } from '@/app/wire'
import { changesOf, contrast, contrastGrade, isHost, isOrigin, isUrl, missingOf, problemsOf, valuesOf } from './settings'

const field = (key: string, type: SettingField['type'], value: unknown = null): SettingField => ({
  key, type, label: { zh: key, en: key }, hint: null, default: value, choices: [], required: false,
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

describe('settings of an account', () => {
  const ACCOUNT = [
    field('seconds', 'number', 48),
    field('address', 'url'),
    field('server', 'host'),
    field('templates', 'json'),
    { ...field('token', 'secret'), required: true },
    { ...field('app', 'text'), required: true },
  ]

  it('are shown as they are typed and kept as what they are', () => {
    const before = valuesOf(ACCOUNT, { templates: [{ name: 'shipped' }] })
    expect(before).toMatchObject({ seconds: 48, address: '', templates: '[\n  {\n    "name": "shipped"\n  }\n]' })
    expect(changesOf(ACCOUNT, before, { ...before, seconds: '12.5', address: ' https://a.example/x ', templates: '{}' })).toEqual({ seconds: 12.5, address: 'https://a.example/x', templates: {} })
  })

  it('that are emptied are the manifest’s again', () => {
    const before = valuesOf(ACCOUNT, { seconds: 10, templates: [1] })
    expect(changesOf(ACCOUNT, before, { ...before, seconds: '', templates: ' ' })).toEqual({ seconds: 48, templates: {} })
  })

  it('name what cannot be kept', () => {
    const wrong = { ...valuesOf(ACCOUNT, {}), seconds: 'many', address: 'https://user@a.example', server: 'a..b:70000', templates: '7' }
    expect(problemsOf(ACCOUNT, wrong)).toEqual({ seconds: 'number', address: 'url', server: 'host', templates: 'json' })
    expect(['imap.example.com', 'imap.example.com:993', '[2001:db8::1]:993', 'localhost'].every(isHost)).toBe(true)
    expect([isUrl('ftp://a.example'), isUrl('https://a.example:8443/p?q=1'), isHost('a b'), isHost('a.example:99999')]).toEqual([false, true, false, false])
  })

  it('know what is missing before the inbox can be connected', () => {
    const keys = (secrets: string[], app: string): string[] => missingOf(ACCOUNT, { app }, secrets).map((one) => one.key)
    expect([keys([], ''), keys(['token'], ' '), keys(['token'], 'wx1')]).toEqual([['token', 'app'], ['app'], []])
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
