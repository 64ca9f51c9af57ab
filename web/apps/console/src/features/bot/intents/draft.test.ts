import { describe, expect, it } from 'vitest'
import { bodyOf, draftOf, linesOf, LONGEST, MOST, problemsOf, type Intent } from './draft'

const repair: Intent = {
  id: '1', key: 'repair', name: { zh: '维修', en: 'Repair' }, enabled: true, updated_at: '',
  examples: [{ text: '壶坏了要修', language: 'zh' }, { text: 'mend my pot', language: 'en' }],
}

describe('an intent in its form', () => {
  it('comes back as it went in', () => {
    expect(bodyOf(draftOf(repair), repair)).toEqual({ key: 'repair', name: repair.name, examples: repair.examples })
    expect(draftOf(null)).toEqual({ key: '', name: {}, examples: '' })
  })
  it('keeps the language of the examples that stay, and leaves that of new ones open', () => {
    const draft = { ...draftOf(repair), examples: 'mend my pot\n盖子裂了', name: { zh: ' 修 ', en: '  ' } }
    expect(bodyOf(draft, repair)).toEqual({ key: 'repair', name: { zh: '修' }, examples: [{ text: 'mend my pot', language: 'en' }, { text: '盖子裂了', language: '' }] })
  })
  it('has each example once, however it is typed', () => {
    expect(linesOf(' Mend it \n\nmend it\nＭｅｎｄ ｉｔ\n修壶')).toHaveLength(2)
  })
  it('says everything that is wrong at once', () => {
    expect([...problemsOf({ key: '', name: { zh: ' ' }, examples: '' })]).toEqual(['key', 'name'])
    expect([...problemsOf({ key: 'Repair it', name: { en: 'Repair' }, examples: 'x'.repeat(LONGEST + 1) })]).toEqual(['key', 'long'])
    expect([...problemsOf({ key: 'a', name: { en: 'A' }, examples: Array.from({ length: MOST + 1 }, (_, at) => `x${at}`).join('\n') })]).toEqual(['many'])
    expect(problemsOf(draftOf(repair)).size).toBe(0)
  })
})
