import { describe, expect, it } from 'vitest'
import { fileFault, kindOf, lengthNote, lengthOf, type Manifested } from './limits'

const MB = 1_048_576
const channel = (part: Partial<Manifested> = {}): Manifested => ({
  capabilities: ['text', 'image', 'file'],
  media: [
    { kind: 'image', types: ['image/png', 'image/jpeg'], max_bytes: 5 * MB },
    { kind: 'file', types: [], max_bytes: 20 * MB },
  ],
  max_text: 20,
  max_files: 1,
  ...part,
})

describe('files', () => {
  it('are taken as what they are, or else as plain files', () => {
    expect(fileFault({ type: 'image/png', size: MB }, channel())).toBeNull()
    expect(fileFault({ type: 'image/webp', size: MB }, channel())).toBeNull()
    expect(fileFault({ type: 'image/png', size: 6 * MB }, channel())).toBeNull()
    expect(fileFault({ type: 'video/mp4', size: MB }, channel())).toBeNull()
  })

  it('that fit nowhere go as links, and the nearest reason is told', () => {
    const pictures = channel({ capabilities: ['text', 'image'] })
    expect(fileFault({ type: 'image/webp', size: MB }, pictures)).toEqual({ why: 'type', type: 'image/webp' })
    expect(fileFault({ type: 'image/png', size: 6 * MB }, pictures)).toEqual({ why: 'size', bytes: 5 * MB })
    expect(fileFault({ type: 'video/mp4', size: MB }, pictures)).toEqual({ why: 'kind', kind: 'video' })
    expect(fileFault({ type: 'video/mp4', size: 21 * MB }, channel())).toEqual({ why: 'size', bytes: 20 * MB })
  })

  it('are not taken at all by a channel without any', () => {
    expect(fileFault({ type: 'image/png', size: 1 }, channel({ max_files: 0 }))).toEqual({ why: 'kind', kind: 'image' })
  })

  it('of unknown type are plain files', () => {
    expect([kindOf('audio/ogg'), kindOf(''), kindOf('application/pdf')]).toEqual(['voice', 'file', 'file'])
  })
})

describe('the length of a text', () => {
  it('is told only near the end of one message', () => {
    expect(lengthNote('一'.repeat(16), 20)).toBeNull()
    expect(lengthNote('一'.repeat(17), 20)).toEqual({ say: 'count', now: 17, max: 20 })
    expect(lengthNote('一'.repeat(20), 20)).toEqual({ say: 'count', now: 20, max: 20 })
  })

  it('counts an emoji as one', () => {
    expect(lengthOf('好👍')).toBe(2)
    expect(lengthNote('👍'.repeat(20), 20)).toEqual({ say: 'count', now: 20, max: 20 })
  })

  it('is over when one message is not enough', () => {
    expect(lengthNote('一'.repeat(21), 20)).toEqual({ say: 'over', now: 21, max: 20 })
    expect(lengthNote(`${'一'.repeat(20)}   `, 20)).toEqual({ say: 'count', now: 20, max: 20 })
  })
})
