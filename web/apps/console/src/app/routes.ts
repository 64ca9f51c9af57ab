/** The console's part of the generated API, with the paths as `api` takes them: below `/api/v1`. */
import type { paths } from '@qiao/client'

export type Routes = {
  [P in keyof paths as P extends `/api/v1${infer Rest}` ? Rest : never]: paths[P]
}
