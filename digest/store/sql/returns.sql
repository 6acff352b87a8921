-- name: recent_issues
select id, frozen_ms from issue where frozen_ms >= :since order by frozen_ms desc, id

-- name: seen
select outcome from returned_mail where mark = :mark

-- name: mark
insert into returned_mail (mark, outcome, at_ms) values (:mark, :outcome, :now)
on conflict (mark) do nothing

-- name: note
insert into late_reply (issue, subscriber, kind, provider, was, parked, reply, at_ms)
values (:issue, :subscriber, :kind, :provider, :was, '', :reply, :now)
on conflict (issue, subscriber, kind) do nothing

-- name: counts
select kind, parked, count(*) as n from late_reply where issue = :issue
group by kind, parked order by kind, parked

-- name: outcomes
select outcome, count(*) as n from returned_mail where at_ms >= :since
group by outcome order by outcome

-- name: hard
select count(*) as n from late_reply
where issue = :issue and provider = :provider and kind = 'hard' and parked <> 'dropped'

-- name: mailed
select count(*) as n from delivery d
join issue i on i.key = d.issue join subscriber s on s.id = d.subscriber
where i.id = :issue and d.state = 'sent' and ({domains})

-- name: one_domain
s.address_key like

-- name: park
update late_reply set parked = 'parked'
where issue = :issue and provider = :provider and kind = 'hard' and parked = ''
returning subscriber, was

-- name: parked
select issue, provider, subscriber, reply, at_ms from late_reply
where parked = 'parked' order by issue, provider, at_ms, subscriber

-- name: settle
update late_reply set parked = :becomes
where issue = :issue and subscriber = :subscriber and parked = 'parked'

-- name: forget
delete from returned_mail where at_ms < :before

-- name: of_reader
select issue, kind, reply, at_ms from late_reply where subscriber = :subscriber
order by at_ms, issue, kind
