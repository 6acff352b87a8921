-- Who may be `bounced`, too. SQLite cannot change a check: the table is made anew, and
-- whoever refers to it by name goes on doing so.

create table subscriber_anew (
  id text primary key,
  address text not null,
  address_key text not null unique,
  status text not null check (
    status in ('pending', 'active', 'unsubscribed', 'removed', 'bounced')
  ),
  profile text not null -- everything else, as JSON
);
insert into subscriber_anew (id, address, address_key, status, profile)
select id, address, address_key, status, profile from subscriber;
drop table subscriber;
alter table subscriber_anew rename to subscriber;
