-- name: insert
insert into article_version (hash, article, content)
values (:hash, :article, :content) on conflict (hash) do nothing

-- name: delete
delete from article_version where hash = :version
and not exists (select 1 from issue_article where version = :version)
