/** The few words that components say by themselves. The app tells the language once with `setUiLocale`. */
import { computed, ref } from 'vue'

const dictionaries = {
  zh: { close: '关闭', loading: '加载中', dismiss: '收起提示', optional: '选填', choose: '请选择', required: '必填' },
  en: { close: 'Close', loading: 'Loading', dismiss: 'Dismiss', optional: 'Optional', choose: 'Choose', required: 'Required' },
}

const locale = ref<keyof typeof dictionaries>('en')

export function setUiLocale(next: 'zh' | 'en'): void {
  locale.value = next
}

export const uiWords = computed(() => dictionaries[locale.value])
