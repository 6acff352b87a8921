-- name: before
select * from issue
where newsletter = :newsletter and number < :number and number >= coalesce((
  select max(number) from issue
  where newsletter = :newsletter and number < :number and until_ms < :since
), 0)
order by number desc

-- name: now
select p.issue as origin, v.content
from issue_article p join issue i on i.id = p.issue
join article_version frozen on frozen.hash = p.version
join article a on a.id = frozen.article join article_version v on v.hash = a.version
where p.issue in (:issues) and p.carried is null and a.withdrawn_by = ''
and i.hold not in (:stopped)
order by p.issue, p.place

-- name: frozen
select p.carried as origin, v.content
from issue_article p join article_version v on v.hash = p.version
where p.issue = :issue and p.carried is not null and not exists (
  select 1 from article a where a.id = v.article
  and (a.withdrawn_by = 'operator' or a.withdrawn_ms < :expires)
)
order by p.place
