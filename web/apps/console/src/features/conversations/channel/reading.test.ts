import { describe, expect, it } from 'vitest'
import type { Message } from '@/app/wire'
import { besideOf, fetchingOf, hasExtras, lostOf, originalAddress, originalOf, partOf } from './reading'

const message = (content: unknown): Pick<Message, 'content'> => ({ content: content as Message['content'] })

describe('what a channel added', () => {
  it('is nothing for messages of our own pages', () => {
    const contents = [null, {}, { type: 'answer', sources: [] }, { type: 'card', card: { title: 'an order' } }, { channel: {} }]
    expect(contents.map((content) => hasExtras(message(content)))).toEqual([false, false, false, false, false])
  })

  it('is read with what is understood, whatever else stands there', () => {
    const beside = besideOf(message({ channel: { quoted_seq: 3, edited: true, reactions: { '👍': 2, '😡': 0, odd: 'x' }, notes: ['cut', 7, ''], thread: true, later: {} } }))
    expect(beside).toMatchObject({ quotedSeq: 3, edited: true, recalled: false, reactions: [['👍', 2]], notes: ['cut'], thread: true, subject: '' })
  })

  it('may be nonsense without harm', () => {
    expect([besideOf(message({ channel: 'no' })), partOf(message({ type: 7 })), besideOf(message([1]))]).toEqual([null, null, null])
    expect(fetchingOf(message({ fetching: [null, { kind: 'hologram' }] }))).toEqual([{ kind: 'file', name: '' }])
    expect(partOf(message({ type: 'card', title: 'x', url: 'javascript:alert(1)', facts: [['a', 1], ['b'], 'c'] }))).toMatchObject({ url: '', facts: [['a', '1']] })
  })

  it('names what could not be fetched and why', () => {
    expect(lostOf(message({ lost: [{ kind: 'voice', name: 'v.amr', reason: 'expired' }] }))).toEqual([{ kind: 'voice', name: 'v.amr', reason: 'expired' }])
  })

  it('shows forms by question and answer', () => {
    expect(partOf(message({ type: 'form', fields: { 订单号: 'A-1', 数量: 2 } }))).toEqual({ type: 'form', fields: [['订单号', 'A-1'], ['数量', '2']] })
    expect(partOf(message({ type: 'text', tagged: true }))).toEqual({ type: 'tagged' })
  })

  it('may be laid out by its writer', () => {
    expect(originalOf(message({ original: { file_id: 'f', elsewhere: 3 } }))).toEqual({ elsewhere: 3 })
    expect(originalOf(message({ original: { file_id: 'f', elsewhere: 'many' } }))).toEqual({ elsewhere: 0 })
    expect([null, {}, { original: true }, { original: { elsewhere: 3 } }, { original: [] }].map((content) => originalOf(message(content)))).toEqual([null, null, null, null, null])
    expect([hasExtras(message({ original: { file_id: 'f' } })), hasExtras(message({ original: {} }))]).toEqual([true, false])
  })

  it('asks for pictures from elsewhere only when it is told to', () => {
    const at = { conversation_id: 'c', seq: 7 } as Pick<Message, 'conversation_id' | 'seq'>
    expect(originalAddress(at, false)).toBe('/api/v1/conversations/c/messages/7/original')
    expect(originalAddress(at, true)).toBe('/api/v1/conversations/c/messages/7/original?elsewhere=true')
  })
})
