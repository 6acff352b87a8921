-- name: add
insert into approval (issue, number, revision, at_ms, kind, who, opens_ms)
select :issue, coalesce(max(number), 0) + 1, :revision, :at, :kind, :who, :opens
from approval where issue = :issue

-- name: history
select * from approval where issue = :issue order by number

-- name: standing
select id, newsletter, hold, revision from issue where id = :issue

-- name: held_back
select id from issue where newsletter = :newsletter and hold in (:holds)
order by number

-- name: set_hold
update issue set hold = :hold where id = :issue

-- name: touched
-- Rows of which a message was made, or that are in somebody's hands or settled. Those
-- that wait for their reader's hour are deferred without one.
select count(*) as n from delivery d join issue i on i.key = d.issue
where i.id = :issue and (d.state not in ('queued', 'deferred') or d.dated_ms is not null)
