"""The statement that stores messages: one for a batch of many conversations, numbered under their row locks.

Order of locks everywhere: conversations by id, then the workspace's log head. Messages whose client id is already there are left
out before numbering, so that numbers stay dense; the unique index decides between two that arrive at once. Rows are looked up one by
one (`lateral ... limit 1`): a join makes the planner read whole tables while their statistics lag behind their growth. What is known
of the locked conversations travels in arrays by place: the planner thinks of ten messages, and would join a batch in squares.
"""

STORE = """
with input as (
  select * from unnest($3::int[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[],
                       $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::int[], $17::timestamptz[])
    with ordinality as t(place, id, author_kind, author_id, author_name, kind, text, attachments,
                         content, client_id, reopen_as, data, caused_by, depth, created_at, nth)
), fresh as (
  select distinct on (i.client_id) i.* from input i
  left join lateral (select true as there from messages m where m.workspace_id = $1 and m.client_id = i.client_id limit 1) m on true
  where not coalesce(m.there, false)
  order by i.client_id, i.nth
), locked as (
  select u.place, c.* from unnest($2::uuid[]) with ordinality as u(id, place)
  left join lateral (
    select c.last_seq, c.status from conversations c where c.workspace_id = $1 and c.id = u.id limit 1 for update
  ) c on true
), before as (
  select array_agg(last_seq order by place) as last_seqs, array_agg(status order by place) as statuses from locked
), numbered as (
  select f.*, ($2::uuid[])[f.place] as conversation_id, b.statuses[f.place] as status_before,
         b.last_seqs[f.place] + (row_number() over (partition by f.place order by f.nth))::int as seq
  from fresh f, before b where b.last_seqs[f.place] is not null
), stored as (
  insert into messages (workspace_id, conversation_id, seq, id, author_kind, author_id, author_name, kind, text,
                        attachments, content, client_id, created_at)
  select $1, conversation_id, seq, id, author_kind, author_id, author_name, kind, text, attachments::jsonb, content::jsonb,
         client_id, created_at
  from numbered
), totals as (
  select conversation_id, max(seq) as last_seq, max(status_before) as status_before,
         count(*) filter (where author_kind = 'contact') as from_contact,
         bool_or(author_kind = 'agent' and kind = 'text') as agent_replied,
         (array_agg(author_kind order by seq desc) filter (where kind = 'text'))[1] as last_text_author,
         (array_agg(left(text, 160) order by seq desc) filter (where kind = 'text'))[1] as preview_text,
         (array_agg(author_kind order by seq desc) filter (where kind = 'text'))[1] as preview_author,
         (array_agg(kind order by seq desc) filter (where kind = 'text'))[1] as preview_kind,
         (array_agg(reopen_as order by seq desc) filter (where author_kind = 'contact'))[1] as reopen_as,
         max(created_at) as at
  from numbered group by conversation_id
), moved as (
  update conversations c set
    last_seq = t.last_seq,
    unread = c.unread + t.from_contact,
    status = case when t.from_contact = 0 then c.status
                  when c.status = 'resolved' then t.reopen_as
                  when c.status = 'snoozed' then case when c.assignee_id is null then 'waiting' else 'open' end
                  else c.status end,
    assignee_id = case when t.from_contact > 0 and c.status = 'resolved' then null else c.assignee_id end,
    resolved_at = case when t.from_contact > 0 and t.reopen_as <> 'resolved' then null else c.resolved_at end,
    snoozed_until = case when t.from_contact > 0 then null else c.snoozed_until end,
    waiting_since = case when t.last_text_author = 'contact'
                          and case c.status when 'resolved' then t.reopen_as else c.status end not in ('bot', 'resolved')
                         then coalesce(c.waiting_since, t.at)
                         when t.agent_replied then null else c.waiting_since end,
    preview_text = coalesce(t.preview_text, c.preview_text),
    preview_author = coalesce(t.preview_author, c.preview_author),
    preview_kind = coalesce(t.preview_kind, c.preview_kind),
    preview_at = case when t.preview_text is null then c.preview_at else t.at end,
    updated_at = t.at,
    active_at = case when c.active_at < t.at - interval '10 seconds' then t.at else c.active_at end
  from totals t where c.workspace_id = $1 and c.id = t.conversation_id
  returning c.id, c.status, t.status_before, c.assignee_id, c.waiting_since
)"""

RETURNING = """
select n.id, n.seq, (select coalesce(bool_or(status <> status_before), false) from moved) as stirred
from numbered n order by n.nth
"""

STORE_ALONE = STORE + RETURNING
"""For use inside a scope, which appends the facts itself."""

STORE_AND_TELL = (
    STORE
    + """
select n.id, n.seq, m.id as stirred_id, m.status_before, m.status, m.assignee_id, m.waiting_since
from numbered n left join moved m on m.id = n.conversation_id and m.status <> m.status_before order by n.nth
"""
)
"""As `STORE_ALONE`, with those conversations whose status a customer's words changed, for their facts."""

STORE_AND_LOG = (
    STORE
    + """, facts as (
  select case n.author_kind when 'contact' then 'conversations.message_received.v1'
              when 'system' then 'conversations.event_posted.v1'
              else case n.kind when 'note' then 'conversations.note_posted.v1' when 'event' then 'conversations.event_posted.v1'
                   else 'conversations.reply_posted.v1' end end as name,
         n.conversation_id as subject, n.seq, n.data, n.caused_by, n.depth, 0 as rank, n.nth
  from numbered n
  union all
  select case m.status_before when 'resolved' then 'conversations.reopened.v1' else 'conversations.woken.v1' end,
         m.id, null,
         json_build_object('id', m.id, 'by', json_build_object('kind', 'contact'), 'status', m.status, 'assignee_id', m.assignee_id,
                           'resolved_at', null, 'snoozed_until', null, 'waiting_since', m.waiting_since)::text,
         null, 0, 1, 0
  from moved m where m.status <> m.status_before
), placed as (
  select *, row_number() over (order by rank, nth) as place from facts
), head as (
  update log_heads set position = position + (select count(*) from facts)
  where workspace_id = $1 and exists (select from facts) returning position - (select count(*) from facts) as before
), logged as (
  insert into log_events (workspace_id, position, name, subject, seq, data, caused_by, depth)
  select $1, head.before + placed.place, name, subject, seq, data, caused_by, depth from placed, head
)"""
    + RETURNING
)
"""For the group-commit writer: messages, conversations and log in one statement, which is its own transaction."""

OPEN = """
with input as (
  select * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[])
    with ordinality as t(id, inbox_id, contact_id, status, language, thread, nth)
), one as (
  select distinct on (inbox_id, case thread when '' then contact_id end, thread) * from input
  order by inbox_id, case thread when '' then contact_id end, thread, nth
), absent as (
  select * from one where not exists (
    select from conversations c where c.workspace_id = $1 and c.inbox_id = one.inbox_id and c.contact_id = one.contact_id
      and c.status <> 'resolved' and c.thread = '' and one.thread = '')
    and not exists (
    select from conversations c where c.workspace_id = $1 and c.inbox_id = one.inbox_id and c.thread = one.thread
      and one.thread <> '' and c.thread <> '')
), counter as (
  update conversation_counters set last_number = last_number + (select count(*) from absent)
  where workspace_id = $1 and exists (select from absent)
  returning last_number - (select count(*) from absent) as before
)
insert into conversations (workspace_id, id, number, inbox_id, contact_id, thread, status, language, waiting_since)
select $1, a.id, counter.before + row_number() over (order by a.nth), a.inbox_id, a.contact_id, a.thread, a.status, a.language,
       case when a.status = 'waiting' then now() end
from absent a, counter
on conflict do nothing
returning *
"""
"""Opens what is absent. Under a race the unique index keeps one; a number may then be skipped, never doubled."""
