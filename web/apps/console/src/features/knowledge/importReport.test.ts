import { describe, expect, it } from 'vitest'
import type { Import } from '@/app/wire'
import { fileProblem, further, placeOf, reasonKey, reportRows } from './importReport'

const running = (done: number): Import => ({
  id: 'i', file_name: 'a.csv', kind: 'faq', status: 'running', total: 60, done, taken: done, refused: 0, error_code: null, created_at: '2026-01-01T00:00:00Z', finished_at: null,
})

describe('files', () => {
  it('are known by their ending, in any case, up to the limit', () => {
    expect(['常见问题.XLSX', 'page.htm', 'a.md'].map((name) => fileProblem({ name, size: 10 }))).toEqual([null, null, null])
    expect(fileProblem({ name: 'a.exe', size: 10 })).toBe('wrong_type')
    expect(fileProblem({ name: 'a.pdf', size: 51 * 1024 * 1024 })).toBe('too_big')
  })
})

describe('progress', () => {
  it('never goes backwards when an event and an answer cross', () => {
    expect(further(running(30), running(20)).done).toBe(30)
    expect(further(running(20), running(30)).done).toBe(30)
    const done: Import = { ...running(60), status: 'done' }
    expect(further(done, running(50)).status).toBe('done')
    expect(further(running(50), done).status).toBe('done')
  })
})

describe('report', () => {
  it('translates what it knows and keeps the code of what it does not', () => {
    const isKnown = (key: string): boolean => key === 'knowledge.import.codes.empty_answer'
    expect(reasonKey('imports.empty_answer', isKnown)).toBe('knowledge.import.codes.empty_answer')
    expect(reasonKey('knowledge.duplicate_question', () => true)).toBe('knowledge.import.codes.already_there')
    expect(reasonKey('imports.something_new', isKnown)).toBe('knowledge.import.codes.other')
  })

  it('says the place in the reader’s words', () => {
    expect(placeOf('row 12', (number) => `第 ${number} 行`)).toBe('第 12 行')
    expect(placeOf('faq.md', String)).toBe('faq.md')
  })

  it('becomes rows with a heading', () => {
    const problem = { source: '第 12 行', code: 'x.duplicate', message: '', details: {} }
    expect(reportRows([problem], ['位置', '原因'], { where: (one) => one.source, reason: () => '重复' })).toEqual([['位置', '原因'], ['第 12 行', '重复']])
  })
})
