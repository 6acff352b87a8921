-- name: held_articles
select id, owner, version, seen_ms, withdrawn_by from article where id in (:ids)

-- name: insert_article
insert into article (id, owner, version, first_seen_ms, seen_ms, changed_ms)
values (:id, :owner, :version, :now, :seen, :now)

-- name: update_article
update article
set owner = :owner, version = :version, seen_ms = :seen, changed_ms = :now
where id = :id

-- name: insert_source
insert into article_source (article, source) values (:article, :source)
on conflict (article, source) do nothing

-- name: articles
select v.content from article a join article_version v on v.hash = a.version
where {where} order by a.seen_ms desc, a.id

-- name: arrivals
select a.seen_ms, v.content from article a join article_version v on v.hash = a.version
where {where} order by a.seen_ms, a.id

-- name: from_sources
exists (
  select 1 from article_source s where s.article = a.id and s.source in (:sources)
)

-- name: article
select v.content from article a join article_version v on v.hash = a.version
where a.id = :id

-- name: source
select record from source where name = :name

-- name: upsert_source
insert into source (name, record) values (:name, :record)
on conflict (name) do update set record = excluded.record

-- name: insert_issue
insert into issue (id, newsletter, number, since_ms, until_ms, frozen_ms, slot, key)
select :id, :newsletter, :number, :since, :until, :now, :slot,
  coalesce(max(key), 0) + 1
from issue

-- name: insert_issue_article
insert into issue_article (issue, place, version, carried)
values (:issue, :place, :version, :carried)

-- name: issue
select * from issue where id = :id

-- name: issues
select * from issue order by frozen_ms desc, newsletter, number desc

-- name: issues_of
select * from issue where newsletter = :newsletter order by number desc

-- name: issue_articles
select v.content from issue_article i join article_version v on v.hash = i.version
where i.issue = :issue and i.carried is null and not exists (
  select 1 from article a where a.id = v.article
  and (a.withdrawn_by = 'operator' or a.withdrawn_ms < :expires)
)
order by i.place

-- name: issues_with
select i.* from article_version v join issue_article a on a.version = v.hash
join issue i on i.id = a.issue
where v.article = :article and a.carried is null
order by i.frozen_ms desc, i.number desc

-- name: frozen_versions
select v.article, i.place, i.version
from issue_article i join article_version v on v.hash = i.version
where i.issue = :issue

-- name: set_issue_article
update issue_article set version = :version where issue = :issue and place = :place

-- name: set_revision
update issue set until_ms = :until, revision = revision + 1 where id = :issue

-- name: watch
insert into watched (newsletter, since_ms) values (:newsletter, :now)
on conflict (newsletter) do update
set since_ms = excluded.since_ms where watched.since_ms > excluded.since_ms

-- name: watched
select since_ms from watched where newsletter = :newsletter

-- name: record_slot
insert into slot (newsletter, id, due_ms) values (:newsletter, :id, :due)
on conflict (newsletter, id) do nothing

-- name: slot
select id from slot where newsletter = :newsletter and id = :id

-- name: last_slot
select due_ms from slot where newsletter = :newsletter and due_ms <= :until
order by due_ms desc limit 1

-- name: latest_end
select max(until_ms) as until_ms from issue

-- name: last_issue
select * from issue where newsletter = :newsletter order by number desc limit 1
