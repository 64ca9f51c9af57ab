import { expect, it } from 'vitest'
import { tidy } from './tidy'

it('keeps one blank line between blocks and leaves code alone', () => {
  expect(tidy('a\n\n\n\n| b |\n\n\n\n')).toBe('a\n\n| b |')
  expect(tidy('```\na\n\n\n\nb\n```\n\n\n\nc')).toBe('```\na\n\n\n\nb\n```\n\nc')
})
