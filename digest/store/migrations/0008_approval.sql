-- How often an issue's articles were gathered anew, while nothing of it had left.
alter table issue add column revision integer not null default 1;

-- What became of an issue that editors have to see first; only ever added to.
create table approval (
  issue text not null references issue (id),
  number integer not null,
  revision integer not null, -- that it is about
  at_ms bigint not null,
  kind text not null check (kind in (
    'asked', 'proof', 'approved', 'held', 'opened', 'revised'
  )),
  who text not null, -- whom a proof went to; who decided
  opens_ms bigint, -- of 'asked': when it leaves unless somebody holds it; null: never
  primary key (issue, number)
);
