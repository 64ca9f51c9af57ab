import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contrast, readThemes } from './contrast'

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8')
const { light, dark, system } = readThemes(css)

const GROUNDS = ['paper', 'raised', 'sunken']
const TEXTS = ['ink', 'ink-2', 'ink-3', 'celadon', 'celadon-strong', 'vermilion', 'amber', 'good', 'indigo', 'rose', 'slate']
const SOFT_PAIRS = [
  ['celadon-strong', 'celadon-soft'], ['celadon', 'celadon-soft'], ['vermilion', 'vermilion-soft'], ['amber', 'amber-soft'],
  ['good', 'good-soft'], ['indigo', 'indigo-soft'], ['rose', 'rose-soft'], ['ink', 'celadon-soft'], ['ink', 'amber-soft'],
  ['ink-2', 'celadon-soft'], ['ink-2', 'amber-soft'], ['ink-3', 'amber-soft'], ['ink-3', 'celadon-soft'],
  ['on-celadon', 'celadon'], ['on-celadon', 'celadon-strong'], ['on-vermilion', 'vermilion'], ['paper', 'ink'],
] as const
const EDGES = ['edge', 'celadon', 'vermilion']

const textPairs = [...TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)), ...SOFT_PAIRS]
const edgePairs = EDGES.flatMap((edge) => GROUNDS.map((ground) => [edge, ground] as const))

describe.each([['light', light], ['dark', dark]] as const)('%s theme', (_name, tokens) => {
  it.each(textPairs)('text %s on %s reaches 4.5:1', (text, ground) => {
    expect(contrast(tokens, text, ground)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(edgePairs)('edge %s on %s reaches 3:1', (edge, ground) => {
    expect(contrast(tokens, edge, ground)).toBeGreaterThanOrEqual(3)
  })
})

describe('the three blocks', () => {
  it('choose the same dark whether the system or the person asks for it', () => {
    expect(system).toEqual(dark)
  })

  it('name every light colour in dark too', () => {
    expect(Object.keys(dark).sort()).toEqual(Object.keys(light).sort())
  })
})
