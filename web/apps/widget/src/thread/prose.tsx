import { useMemo } from 'preact/hooks'
import { parseMarkdown, type Block, type Inline } from '../text/markdown.ts'

/** Markdown as elements. Text stays text: nothing in it can become a tag, an attribute or a script. */
export function Prose({ text }: { text: string }) {
  const blocks = useMemo(() => parseMarkdown(text), [text])
  return (
    <div class="prose" dir="auto">
      {blocks.map(drawBlock)}
    </div>
  )
}

function drawBlock(block: Block) {
  if (block.kind === 'paragraph') return <p>{block.children.map(drawInline)}</p>
  const items = block.items.map((item) => <li>{item.map(drawInline)}</li>)
  return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>
}

function drawInline(part: Inline): preact.ComponentChild {
  if (part.kind === 'text') return part.text
  if (part.kind === 'break') return <br />
  const children = part.children.map(drawInline)
  if (part.kind === 'link') {
    return (
      <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    )
  }
  const Tag = part.kind
  return <Tag>{children}</Tag>
}
