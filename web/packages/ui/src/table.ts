/** One column of a QTable. The cell shows `value(row)`, else `row[key]`, else what the slot named `key` draws. */
export interface TableColumn<Row> {
  key: string
  label: string
  align?: 'start' | 'end'
  width?: string
  value?: (row: Row) => unknown
}
