-- name: versions
select hash, article, content from article_version

-- name: gaps
select i.id from issue i join issue before
on before.newsletter = i.newsletter and before.number = i.number - 1
where before.until_ms <> i.since_ms

-- name: places
select i.id, count(*) as n, max(a.place) + 1 as last
from issue i join issue_article a on a.issue = i.id
group by i.id having count(*) <> max(a.place) + 1

-- name: strays
select d.issue, count(*) as n from delivery d
where not exists (select 1 from issue i where i.key = d.issue)
group by d.issue

-- name: sizes
select i.key, i.id, count(a.place) as n
from issue i left join issue_article a on a.issue = i.id
group by i.key, i.id

-- name: contents
select issue, subscriber, contents from delivery where contents is not null

-- name: lost_claims
select i.id, count(*) as n from delivery d join issue i on i.key = d.issue
where d.state in ('claimed', 'sending', 'body_sent') and d.token is null
group by i.id

-- name: misdated
select i.id, count(*) as n from delivery d join issue i on i.key = d.issue
where (d.state in ('queued', 'deferred', 'claimed', 'sending', 'body_sent'))
  <> (d.due_ms >= 0)
group by i.id

-- name: taken
select newsletter, subscriber from taken where subscriber in (:ids)

-- name: readers
select id, address, address_key, profile from subscriber
