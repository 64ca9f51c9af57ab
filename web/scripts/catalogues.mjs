/**
 * Languages stay whole: zh and en hold the same keys with the same placeholders, and no Vue file shows words of its own.
 * Ends with 1 and a list when something is wrong.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'vue/compiler-sfc'
import { filesBelow, WEB } from './built.mjs'

const HAN = /\p{Script=Han}/u
/** A language is called by its own name in every language. */
const hasHan = (code) => HAN.test(code.replaceAll('中文', ''))
const WORD = /\p{L}{2,}/u
const SPOKEN_ATTRIBUTES = new Set(['label', 'title', 'placeholder', 'alt', 'aria-label', 'aria-description', 'text', 'hint', 'description', 'caption'])
/** Names that are the same in every language. */
const NAMES = /^(Qiao 桥|Qiao|API|URL|ID|OK|CSV|JSON|Markdown|WebRTC|SLA|CSAT|NPS)$/

const flatten = (messages, prefix = '') =>
  Object.entries(messages).flatMap(([key, value]) => (typeof value === 'object' ? flatten(value, `${prefix}${key}.`) : [[prefix + key, String(value)]]))

/** A bar parts plural forms; one that was meant to be read ends the message. */
const cutsShort = (text) => /[^ ]\||\|[^ ]/.test(text)

const placeholders = (message) => [...new Set([...message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort().join(',')

/** Differences between two catalogues, as lines to print. */
export function compareCatalogues(zh, en) {
  const [chinese, english] = [new Map(flatten(zh)), new Map(flatten(en))]
  const problems = []
  for (const key of chinese.keys()) if (!english.has(key)) problems.push(`${key} is missing in en`)
  for (const [key, text] of english) {
    const other = chinese.get(key)
    if (other === undefined) problems.push(`${key} is missing in zh`)
    else if (placeholders(other) !== placeholders(text)) problems.push(`${key} has other placeholders in zh than in en`)
    if (!text.trim() || other?.trim() === '') problems.push(`${key} is empty`)
    if (cutsShort(text) || cutsShort(other ?? '')) problems.push(`${key} holds a bar that would cut it short: plural forms are parted by " | "`)
  }
  return problems
}

const isSpoken = (text) => WORD.test(text) && !/^https?:/.test(text) && !NAMES.test(text.trim())

function* wordsInNode(node) {
  if (node.type === 2 && isSpoken(node.content)) yield [node.loc.start.line, node.content.trim()]
  for (const prop of node.props ?? []) {
    if (prop.type === 6 && prop.value && SPOKEN_ATTRIBUTES.has(prop.name) && isSpoken(prop.value.content)) yield [prop.loc.start.line, prop.value.content]
    if (prop.type === 7 && prop.exp && hasHan(prop.exp.loc.source)) yield [prop.loc.start.line, prop.exp.loc.source]
  }
  if (node.type === 5 && hasHan(node.content.loc.source)) yield [node.loc.start.line, node.content.loc.source]
  if (node.tag === 'kbd' || node.tag === 'code') return
  for (const child of node.children ?? []) yield* wordsInNode(child)
}

const withoutComments = (script) => script.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|\s)\/\/.*$/gm, '$1')

/** Words that a Vue file shows without a catalogue, as [line, words]. */
export function wordsInVue(source) {
  const { descriptor } = parse(source)
  const found = descriptor.template?.ast ? [...wordsInNode(descriptor.template.ast)] : []
  for (const block of [descriptor.script, descriptor.scriptSetup]) {
    withoutComments(block?.content ?? '').split('\n').forEach((line, index) => {
      if (hasHan(line)) found.push([block.loc.start.line + index, line.trim()])
    })
  }
  return found
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

function checkLocales(folder) {
  const [zh, en] = ['zh', 'en'].map((locale) => readdirSync(join(folder, locale)).filter((name) => name.endsWith('.json')).sort())
  const lonely = [...zh.filter((name) => !en.includes(name)), ...en.filter((name) => !zh.includes(name))]
  const problems = lonely.map((name) => `${name} is there in one language only`)
  for (const name of zh.filter((file) => en.includes(file))) {
    const differences = compareCatalogues(readJson(join(folder, 'zh', name)), readJson(join(folder, 'en', name)))
    problems.push(...differences.map((line) => `${name}: ${line}`))
  }
  return problems.map((line) => `${relative(WEB, folder)}/ ${line}`)
}

function checkVueFiles(folder) {
  const files = filesBelow(folder).filter((name) => name.endsWith('.vue') && !name.includes('node_modules/'))
  return files.flatMap((name) =>
    wordsInVue(readFileSync(join(folder, name), 'utf8')).map(([line, words]) => `${relative(WEB, folder)}/${name}:${line} shows “${words.slice(0, 60)}” without a catalogue`),
  )
}

function main() {
  const problems = []
  for (const app of readdirSync(join(WEB, 'apps'))) {
    const locales = join(WEB, 'apps', app, 'src', 'locales')
    if (existsSync(locales)) problems.push(...checkLocales(locales))
  }
  for (const folder of ['apps/console/src', 'packages/ui/src']) problems.push(...checkVueFiles(join(WEB, folder)))
  for (const problem of problems) console.error(`✗ ${problem}`)
  if (!problems.length) console.log('✓ catalogues whole in zh and en')
  process.exit(problems.length ? 1 : 0)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
