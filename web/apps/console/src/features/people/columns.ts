/** The columns of the team's list on a wide screen: its heading and its rows must agree. */
export const PERSON_COLUMNS = 'lg:grid-cols-[minmax(0,1.6fr)_140px_minmax(0,1fr)_104px_100px_32px]'
