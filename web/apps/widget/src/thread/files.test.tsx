import { render } from 'preact'
import { expect, test } from 'vitest'
import { type Desk, DeskContext } from '../view/desk.ts'
import { zh } from '../words/zh.ts'
import type { FileRef } from '../visit/wire.ts'
import { Files } from './files.tsx'

const PICTURE: FileRef = {
  id: '1',
  name: '壶嘴的侧面',
  content_type: 'image/png',
  size: 2048,
  url: '/files/a/1/s.png',
  thumbnail_url: '/files/a/1/s/thumbnail',
  width: 960,
  height: 540,
}

function drawn(...files: FileRef[]): HTMLElement {
  const root = document.createElement('div')
  render(
    <DeskContext.Provider value={{ words: zh } as Desk}>
      <Files files={files} />
    </DeskContext.Provider>,
    root,
  )
  return root
}

test('a picture is called what it shows and keeps its place before it has come', () => {
  const image = drawn(PICTURE).querySelector('img')
  expect(image?.alt).toContain('壶嘴的侧面')
  expect([image?.getAttribute('src'), image?.width, image?.height]).toEqual(['/files/a/1/s/thumbnail', 220, 124])
})

test('a film is played in place, and not a byte of it comes before that', () => {
  const film = drawn({ ...PICTURE, content_type: 'video/mp4', url: '/files/a/2/s.mp4' }).querySelector('video')
  expect([film?.getAttribute('src'), film?.preload, film?.controls, film?.autoplay]).toEqual(['/files/a/2/s.mp4', 'none', true, false])
  expect(film?.getAttribute('aria-label')).toBe('壶嘴的侧面')
})

test('whatever a browser does not draw is a file to keep', () => {
  for (const content_type of ['application/pdf', 'video/quicktime', 'image/svg+xml', 'text/html']) {
    const link = drawn({ ...PICTURE, content_type }).querySelector('a')
    expect([link?.getAttribute('download'), link?.target]).toEqual(['壶嘴的侧面', '_blank'])
  }
})
