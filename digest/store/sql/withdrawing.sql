-- name: withdraw
update article set withdrawn_ms = :now, withdrawn_by = :by
where id in (:ids) and (withdrawn_by = '' or (withdrawn_by = 'source' and :by = 'operator'))

-- name: owned
select id from article where owner = :source and withdrawn_by = ''

-- name: restore
-- Of one that no issue has carried the time is now: the window of its own time may be over.
update article set withdrawn_ms = null, withdrawn_by = '', seen_ms = case
  when exists (
    select 1 from article_version v join issue_article i on i.version = v.hash
    where v.article = article.id
  ) then seen_ms else :seen end
where id = :id and withdrawn_by <> ''

-- name: of_issue
select v.article from issue_article i join article_version v on v.hash = i.version
join article a on a.id = v.article
where i.issue = :issue and a.withdrawn_by <> ''

-- name: withdrawn
select v.content, a.withdrawn_ms, a.withdrawn_by
from article a join article_version v on v.hash = a.version
where a.withdrawn_by <> '' {one} order by a.withdrawn_ms desc, a.id

-- name: one
and a.id = :id
