import { expect, it } from 'vitest'
import { csv } from './downloads'

it('quotes what needs it and keeps a spreadsheet from running it', () => {
  expect(csv([['问题', '答案'], ['a,b', 'say "hi"'], ['=1+1', 'x\ny']])).toBe('\ufeff问题,答案\r\n"a,b","say ""hi"""\r\n\'=1+1,"x\ny"\r\n')
})
