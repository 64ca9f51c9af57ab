import { describe, expect, it } from 'vitest'
import { bodyOf, draftOf, newDraft, problemsOf, startFrom, variantsOf } from './faqDraft'
import { linkTo, listLines, wrap } from './markdownMarks'

describe('variants', () => {
  it('are one a line, without blanks, doubles or the question itself', () => {
    expect(variantsOf(' 几天发货\n\n几天发货\n何时发货？ \nWhen\nwhen', '何时发货？')).toEqual(['几天发货', 'When'])
  })
})

describe('draft', () => {
  it('may lack an answer until it is published', () => {
    const draft = { ...newDraft('zh'), question: '问' }
    expect([...problemsOf(draft)]).toEqual(['answer'])
    expect(problemsOf({ ...draft, publish: false }).size).toBe(0)
    expect(bodyOf({ ...draft, question: ' 问 ' }).question).toBe('问')
  })

  it('takes what another page hands over, and nothing else', () => {
    const start = startFrom({ back: '/x', faq: { question: '能开专票吗', language: 'zh', variants: ['专票'], from_unanswered: 'u1' } })
    expect(newDraft('en', start)).toMatchObject({ question: '能开专票吗', language: 'zh', variants: '专票', from_unanswered: 'u1' })
    expect(startFrom({ faq: 'x' })).toBeUndefined()
    expect(startFrom(null)).toBeUndefined()
  })
})

describe('toolbar', () => {
  it('wraps a selection and unwraps it again', () => {
    const bold = wrap({ text: 'say hello', start: 4, end: 9 }, '**', 'x')
    expect(bold).toEqual({ text: 'say **hello**', start: 6, end: 11 })
    expect(wrap(bold, '**', 'x')).toEqual({ text: 'say hello', start: 4, end: 9 })
    expect(wrap({ text: '', start: 0, end: 0 }, '*', 'text').text).toBe('*text*')
  })

  it('turns lines into a list and back', () => {
    const list = listLines({ text: 'a\nb', start: 0, end: 3 }, false)
    expect(list.text).toBe('- a\n- b')
    expect(listLines(list, true).text).toBe('1. a\n2. b')
    expect(listLines(list, false).text).toBe('a\nb')
  })

  it('leaves the address of a link selected', () => {
    const link = linkTo({ text: 'see help', start: 4, end: 8 }, 'x')
    expect(link.text).toBe('see [help](https://)')
    expect(link.text.slice(link.start, link.end)).toBe('https://')
  })
})

describe('audience', () => {
  const kept = { id: 'f', slug: null, language: 'zh', category_id: null, question: '问', variants: [], answer: '答', status: 'published', version: 1, updated_at: '', updated_by: null, embedded: true } as const

  it('is everyone until somebody chooses, and goes where the draft goes', () => {
    expect(bodyOf(newDraft('zh')).audience).toBe('everyone')
    const inner = draftOf({ ...kept, variants: [], audience: 'agents' })
    expect(bodyOf({ ...inner, answer: '改过' })).toMatchObject({ audience: 'agents', answer: '改过', publish: true })
  })
})
