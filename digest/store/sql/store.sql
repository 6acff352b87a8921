-- name: key
select hex from secret where name = 'links'

-- name: make_key
insert into secret (name, hex) values ('links', :hex) on conflict (name) do nothing
