/**
 * Initials of Chinese words by sound (快递 → kd), from the order in which the browser sorts Chinese: a character belongs to
 * the last letter whose first character does not sort after it. No table of characters has to be shipped.
 */
const FIRSTS = '阿八嚓哒妸发旮哈击喀垃妈拏噢妑七呥仨他穵夕丫帀'
const LETTERS = 'abcdefghjklmnopqrstwxyz'
const HAN = /\p{Script=Han}/u
const order = new Intl.Collator('zh-Hans-u-co-pinyin')

function initial(character: string): string {
  if (!HAN.test(character)) return character.toLowerCase()
  let letter = ''
  for (let index = 0; index < LETTERS.length; index += 1) {
    if (order.compare(character, FIRSTS[index] ?? '') < 0) break
    letter = LETTERS[index] ?? ''
  }
  return letter
}

export function pinyinInitials(text: string): string {
  return [...text].filter((character) => /[\p{L}\p{N}]/u.test(character)).map(initial).join('')
}
