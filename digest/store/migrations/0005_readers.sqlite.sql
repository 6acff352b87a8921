-- What readers say themselves, what they agreed to, and what outlives them.

-- Three tables with a row per reader and more lie in the order of their keys now: an
-- import of a million readers writes, and the file holds, a quarter less.
create table event_anew (
  subscriber text not null references subscriber (id),
  number bigint not null,
  at_ms bigint not null,
  kind text not null,
  detail text not null,
  -- What changed, as JSON: {"name": ["before", "after"]}; or only what `kind` says.
  changed text not null default '',
  primary key (subscriber, number)
) {clustered};
insert into event_anew (subscriber, number, at_ms, kind, detail)
select subscriber, number, at_ms, kind, detail from event
order by subscriber, number;
drop table event;
alter table event_anew rename to event;

create table taken_anew (
  newsletter text not null,
  subscriber text not null references subscriber (id),
  primary key (newsletter, subscriber)
) {clustered};
insert into taken_anew (newsletter, subscriber)
select newsletter, subscriber from taken order by newsletter, subscriber;
drop table taken;
alter table taken_anew rename to taken;
create index taken_by_subscriber on taken (subscriber);

create table imported_anew (
  origin text not null,
  subscriber text not null references subscriber (id),
  said text not null,
  standing bigint not null check (standing in (0, 1)),
  primary key (origin, subscriber)
) {clustered};
insert into imported_anew (origin, subscriber, said, standing)
select origin, subscriber, said, standing from imported order by origin, subscriber;
drop table imported;
alter table imported_anew rename to imported;
create index imported_by_subscriber on imported (subscriber);

-- The record of consent; only ever added to.
create table agreement (
  subscriber text not null references subscriber (id),
  number bigint not null,
  at_ms bigint not null,
  place text not null, -- the address of a page, a file's name
  method text not null,
  wording text not null,
  details text not null,
  primary key (subscriber, number)
) {clustered};

-- What a reader who gets nothing asked for by a form; it counts when they confirm.
create table asked (
  subscriber text primary key references subscriber (id),
  profile text not null,
  at_ms bigint not null
);

-- Addresses readers had before they changed them: files may still name these.
create table formerly (
  address_key text primary key,
  subscriber text not null references subscriber (id)
);
create index formerly_by_subscriber on formerly (subscriber);

-- Addresses that must not be mailed, by a hash that nobody can read them from.
create table suppression (
  hash text primary key,
  reason text not null,
  said_by text not null,
  since_ms bigint not null
);

-- Deliveries whose rows are gone, counted.
create table tally (
  issue integer not null,
  state text not null,
  reason text not null,
  n bigint not null,
  primary key (issue, state, reason)
);
