import { expect, it } from 'vitest'
import { altOf, picturesIn } from './pictures'

it('takes pictures the help centre can show', () => {
  const files = [new File([''], 'a.png', { type: 'image/png' }), new File([''], 'b.svg', { type: 'image/svg+xml' })]
  expect(picturesIn(files).map((file) => file.name)).toEqual(['a.png'])
})

it('describes a picture by its name only when the name says something', () => {
  expect(['green-tea_leaves.jpg', 'image.png', 'IMG_2041.jpg', '微信图片_2026.png'].map(altOf)).toEqual(['green tea leaves', '', '', ''])
})
