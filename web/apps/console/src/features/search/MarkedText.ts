/** A plain text with the searched words marked. */
import { defineComponent, h } from 'vue'
import { markedParts } from './marks'

export default defineComponent({
  props: { text: { type: String, required: true }, query: { type: String, required: true } },
  setup: (props) => () =>
    markedParts(props.text, props.query).map((part) =>
      part.hit ? h('mark', { class: 'rounded-sm bg-amber-soft px-0.5 font-medium text-amber' }, part.text) : part.text,
    ),
})
