import { expect, it } from 'vitest'
import { changeOf } from './change'

it('says how much and whether it is good news', () => {
  expect(changeOf(120, 100, 'good')).toEqual({ share: 120 / 100 - 1, mood: 'good' })
  expect(changeOf(120, 100, 'bad')?.mood).toBe('bad')
  expect(changeOf(80, 100, 'bad')?.mood).toBe('good')
  expect(changeOf(120, 100, 'neutral')?.mood).toBe('flat')
  expect(changeOf(1002, 1000, 'good')?.mood).toBe('flat')
})

it('does not compare with next to nothing', () => {
  expect(changeOf(5, 0, 'good')).toBeNull()
  expect(changeOf(1038, 1, 'good')).toBeNull()
})
