import { safeHref } from '../text/markdown.ts'
import type { Card } from '../visit/wire.ts'
import { useDesk } from '../view/desk.ts'

/** An order, a parcel's way, a receipt: a title, named values, rows. Nothing in it is Markdown. */
export function CardView({ card }: { card: Card }) {
  const { words } = useDesk()
  const href = card.link ? safeHref(card.link) : null
  const Rows = card.style === 'timeline' ? 'ol' : 'ul'
  return (
    <section class="bubble facts" aria-label={card.title}>
      <h3 dir="auto">
        {card.title}
        {card.status && <span class="tag">{card.status}</span>}
      </h3>
      {card.fields.length > 0 && (
        <dl>
          {card.fields.map(({ label, value }) => (
            <>
              <dt>{label}</dt>
              <dd dir="auto">{value}</dd>
            </>
          ))}
        </dl>
      )}
      {card.rows.length > 0 && (
        <Rows class={card.style}>
          {card.rows.map(({ text, note }) => (
            <li dir="auto">
              {note && <time>{note}</time>}
              {text}
            </li>
          ))}
        </Rows>
      )}
      {href && (
        <a href={href} target="_blank" rel="noopener">
          {card.link_text || card.link}
          <span class="unseen">{words.opensNew}</span>
        </a>
      )}
    </section>
  )
}
