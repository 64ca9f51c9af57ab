import { expect, test } from 'vitest'
import { brandFrom, contrast, parseColour, repair, type Rgb } from './contrast.ts'

const LIGHT: Rgb = [255, 255, 255]
const DARK: Rgb = [26, 34, 33]
const brands = ['#1f7a6d', '#ffd400', '#fffef0', '#000000', '#ff0000', '#00ff88', '#3b82f6', '#808080', '#e4007f', '#7f7', '#123456', '#c0ffee']
const cases = brands.flatMap((brand) => [LIGHT, DARK].map((surface) => [brand, surface] as const))
const rgb = (hex: string) => parseColour(hex) as Rgb

test('contrast is that of WCAG', () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5)
  expect(contrast(rgb('#767676'), LIGHT)).toBeCloseTo(4.54, 2)
})

test.each(cases)('%s on %s: own messages, text and edges can be read', (colour, surface) => {
  const brand = brandFrom(rgb(colour), surface)
  expect(contrast(rgb(brand.onFill), rgb(brand.fill))).toBeGreaterThanOrEqual(4.5)
  expect(contrast(rgb(brand.text), surface)).toBeGreaterThanOrEqual(4.5)
  expect(contrast(rgb(brand.text), rgb(brand.soft))).toBeGreaterThanOrEqual(4.5)
  expect(contrast(rgb(brand.edge), surface)).toBeGreaterThanOrEqual(3)
})

test('a good colour is left as it is', () => {
  expect(brandFrom(rgb('#1f7a6d'), LIGHT)).toMatchObject({ fill: '#1f7a6d', onFill: '#ffffff' })
  expect(repair([0, 0, 0], [LIGHT], 4.5)).toEqual([0, 0, 0])
})

test('only colours are taken as colours', () => {
  expect(parseColour('#ABC')).toEqual([170, 187, 204])
  for (const wrong of [undefined, '', 'red', '#12', 'url(x)', '#1234567', '#ggg;}']) expect(parseColour(wrong)).toBeNull()
})
