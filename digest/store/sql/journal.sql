-- name: issue_key
select key from issue where id = :id

-- A row is open as long as `due_ms` is not negative, and that is the condition of the
-- index: what changes its state alone touches no index.

-- name: plan
insert into delivery (
  issue, subscriber, state, due_ms, attempts, doubted, reason, reply, changed_ms
)
select :issue, t.subscriber, 'queued', 0, 0, 0, '', '', :now
from taken t join subscriber s on s.id = t.subscriber
where t.newsletter = :newsletter and s.status = 'active'
order by t.subscriber
on conflict (issue, subscriber) do nothing

-- name: put_off
-- What a reason says of a deferred row is what it waits for before its first attempt.
update delivery
set state = 'deferred', token = null, due_ms = :due, reason = :reason,
  changed_ms = :now
where issue = :issue and subscriber = :reader and state in ('queued', 'claimed')
and coalesce(token, '') = :token

-- name: waiting
select count(*) as n, min(due_ms) as due_ms from delivery
where issue = :issue and state = 'deferred' and reason <> '' and due_ms >= 0

-- name: claim
-- Materialized: PostgreSQL may otherwise run the choice again and take too many.
with ready as materialized (
  select issue, subscriber from delivery
  where issue = :issue and due_ms <= :now and due_ms >= 0
  and state in ('queued', 'deferred', 'claimed')
  {only}
  order by due_ms, subscriber
  limit :limit
  {skip_locked}
)
update delivery
set state = 'claimed', token = :token, due_ms = :lease, changed_ms = :now
from ready
where delivery.issue = ready.issue and delivery.subscriber = ready.subscriber
returning delivery.subscriber, token, attempts, dated_ms, doubted, contents

-- name: only
and subscriber in (:readers)

-- name: release
update delivery set state = 'queued', token = null, due_ms = 0, changed_ms = :now
where issue = :issue and subscriber in (:readers) and token = :token
and state = 'claimed'

-- name: skip
update delivery
set state = 'skipped', token = null, due_ms = -1, reason = :reason, changed_ms = :now
where issue = :issue and subscriber = :reader and token = :token
and state = 'claimed'

-- name: start
update delivery
set state = :state, dated_ms = :dated, contents = :contents, changed_ms = :now,
  reason = ''
where issue = :issue and subscriber = :reader and token = :token
and state = 'claimed'

-- name: if_wanted
-- Behind `start`: for who still takes the newsletter, if nothing holds the issue and no
-- other was frozen since `newest`.
and exists (
  select 1 from issue i join taken t on t.newsletter = i.newsletter
  join subscriber s on s.id = t.subscriber
  where i.key = :issue and i.hold = '' and t.subscriber = :reader
  and s.status = 'active'
) and (select max(key) from issue) = :newest

-- name: leave
update delivery set state = 'body_sent', changed_ms = :now
where issue = :issue and subscriber = :reader and token = :token
and state in ('sending', 'body_sent')

-- name: record
update delivery
set state = :state, token = :kept, due_ms = :due, reply = :reply, changed_ms = :now,
  -- What went on to `unknown` by itself was counted then.
  attempts = attempts + case when state = 'unknown' then 0 else :tried end,
  doubted = case when doubted = 1 then 1 else :doubted end
where issue = :issue and subscriber = :reader and token = :token
and state in ('sending', 'body_sent', 'unknown')

-- name: requeue
-- Back to choosing: another newsletter has just brought one of these articles.
update delivery set state = 'queued', token = null, due_ms = 0, changed_ms = :now
where issue = :issue and subscriber = :reader and token = :token
and state in ('claimed', 'sending')

-- name: standing
-- Of rows that another process took since, nothing is to be known, and none is locked.
select d.subscriber, d.state, d.token, s.status, i.hold,
  (select count(*) from taken t
   where t.newsletter = i.newsletter and t.subscriber = d.subscriber) as takes,
  (select max(key) from issue) as last_key
from delivery d join subscriber s on s.id = d.subscriber
join issue i on i.key = d.issue
where d.issue = :issue and d.subscriber in (:readers) and d.token in (:tokens)
order by d.subscriber -- locked in one order, two processes never wait for one another
{lock_rows}

-- name: recover_untouched
update delivery set state = 'queued', token = null, due_ms = 0, changed_ms = :now
where issue = :issue and state in ('claimed', 'sending') and due_ms >= 0

-- name: recover_doubtful
-- The token is kept, so that the one who knows can still say what became of it.
update delivery
set state = :state, due_ms = :due, doubted = 1, attempts = attempts + 1,
  reply = :reply, changed_ms = :now,
  token = case when :state = 'unknown' then token else null end
where issue = :issue and state = 'body_sent' and due_ms >= 0

-- name: resolve
update delivery
set state = :state, token = null, due_ms = :due, reply = :reply, changed_ms = :now
where issue = :issue and state = :was and reason = '' {only}

-- name: hold_of
select hold from issue where key = :issue

-- name: set_hold
update issue set hold = :hold where key = :issue

-- name: skip_open
update delivery
set state = 'skipped', token = null, due_ms = -1, reason = :reason, changed_ms = :now
where issue = :issue and state in ('queued', 'deferred', 'claimed') and due_ms >= 0

-- name: sharing
select i.key, a.place, v.article
from article_version v join issue_article a on a.version = v.hash
join issue i on i.id = a.issue
where v.article in (:articles)

-- name: places
select a.place, v.article, a.carried
from issue_article a join article_version v on v.hash = a.version
join issue i on i.id = a.issue
where i.key = :issue

-- name: received
-- What a message in doubt holds may have arrived, whatever its row says by now.
select issue, subscriber, contents from delivery
where issue in (:issues) and subscriber in (:readers) and contents is not null
and (state in ('sending', 'body_sent', 'sent', 'unknown') or doubted = 1)

-- name: brought
select issue, dated_ms, contents from delivery
where issue in (:issues) and subscriber = :reader and contents is not null
and (state in ('sending', 'body_sent', 'sent', 'unknown') or doubted = 1)
order by dated_ms

-- name: delivery
select * from delivery where issue = :issue and subscriber = :reader

-- name: issue_ids
select key, id from issue where key in (:keys)

-- name: counts
select state, cast(sum(n) as bigint) as n from (
  select state, count(*) as n from delivery where issue = :issue group by state
  union all
  select state, n from tally where issue = :issue
) both_of_them group by state

-- name: reasons
select reason, cast(sum(n) as bigint) as n from (
  select reason, count(*) as n from delivery
  where issue = :issue and state = 'skipped' group by reason
  union all
  select reason, n from tally where issue = :issue and state = 'skipped'
) both_of_them group by reason order by n desc, reason

-- name: open_issues
select i.id from issue i
where i.newsletter = :newsletter and i.hold = '' and exists (
  select 1 from delivery d
  where d.issue = i.key and d.due_ms >= 0
)
order by i.number

-- name: in_hand
select i.id from issue i
where i.newsletter = :newsletter and exists (
  select 1 from delivery d
  where d.issue = i.key and d.due_ms >= 0
    and d.state in ('claimed', 'sending', 'body_sent')
)
order by i.number

-- name: deliveries
select * from delivery
where issue = :issue and subscriber > :after {state}
order by subscriber limit :limit

-- name: of_reader
select i.id, d.* from delivery d join issue i on i.key = d.issue
where d.issue in (select key from issue) and d.subscriber = :reader
order by i.frozen_ms, i.id

-- name: in_state
and state = :state

-- name: first_open
-- Queued rows have 0; one that somebody holds is free as soon as they are gone.
select min(due_ms) as due_ms from (
  select * from (
    select due_ms from delivery
    where issue = :issue and due_ms >= 0
    order by due_ms limit 1
  ) first
  union all
  select * from (
    select 0 as due_ms from delivery
    where issue = :issue and due_ms > 0 and state <> 'deferred' and due_ms >= 0
    limit 1
  ) held
) open

-- name: frozen
select frozen_ms from issue where key = :issue

-- name: held_before
select distinct issue, subscriber from held_before limit :limit

-- name: articles_before
select article from held_before where issue = :issue and subscriber = :reader

-- name: set_contents
update delivery set contents = :contents
where issue = :issue and subscriber = :reader

-- name: forget_before
delete from held_before where issue = :issue and subscriber = :reader
