-- Plain SQL for SQLite and PostgreSQL alike: ids are text, times are UTC epoch
-- milliseconds, booleans 0 or 1, JSON is text that only Python reads.

create table schema_version (
  version bigint not null
);
insert into schema_version (version) values (0);

create table secret (
  name text primary key,
  hex text not null
);

-- What an article said, by the hash of it. An issue freezes versions; a version
-- that is neither frozen nor current is deleted.
create table article_version (
  hash text primary key,
  article text not null,
  content text not null
);

create table article (
  id text primary key,
  owner text not null, -- the source whose words count; others only mention it
  version text not null references article_version (hash),
  first_seen_ms bigint not null,
  seen_ms bigint not null, -- decides its window: never before it was published
  changed_ms bigint not null
);
create index article_by_seen on article (seen_ms, id);

-- Every source that ever brought an article.
create table article_source (
  article text not null references article (id),
  source text not null,
  primary key (article, source)
);

create table source (
  name text primary key,
  record text not null
);

create table issue (
  id text primary key,
  newsletter text not null,
  number bigint not null,
  since_ms bigint not null,
  until_ms bigint not null,
  frozen_ms bigint not null,
  slot text,
  unique (newsletter, number)
);

create table issue_article (
  issue text not null references issue (id),
  place bigint not null,
  version text not null references article_version (hash),
  primary key (issue, place)
);
create index issue_article_by_version on issue_article (version);

-- Slots dealt with: an issue was made, or there was nothing to say, or they were missed.
create table slot (
  newsletter text not null,
  id text not null,
  due_ms bigint not null,
  primary key (newsletter, id)
);

create table watched (
  newsletter text primary key,
  since_ms bigint not null
);

create table subscriber (
  id text primary key,
  address text not null,
  address_key text not null unique,
  status text not null check (status in ('pending', 'active', 'unsubscribed', 'removed')),
  profile text not null -- everything else, as JSON
);

-- Who takes which newsletter; repeated from the profile because SQL asks for it.
create table taken (
  newsletter text not null,
  subscriber text not null references subscriber (id),
  primary key (newsletter, subscriber)
);
create index taken_by_subscriber on taken (subscriber);

-- What a file last said about a reader; forgotten when a file that is followed
-- exactly no longer names them, and `standing` as long as it does.
create table imported (
  origin text not null,
  subscriber text not null references subscriber (id),
  said text not null,
  standing bigint not null check (standing in (0, 1)),
  primary key (origin, subscriber)
);
create index imported_by_subscriber on imported (subscriber);

-- What happened to a reader; only ever added to.
create table event (
  subscriber text not null references subscriber (id),
  number bigint not null,
  at_ms bigint not null,
  kind text not null,
  detail text not null,
  primary key (subscriber, number)
);

-- queued -> claimed -> sending -> sent | deferred | failed | unknown; or skipped.
create table delivery (
  id text primary key,
  issue text not null references issue (id),
  subscriber text not null references subscriber (id),
  state text not null check (state in (
    'queued', 'claimed', 'sending', 'sent', 'deferred', 'failed', 'unknown', 'skipped'
  )),
  token text, -- of the process that claimed it
  lease_ms bigint not null, -- until when
  due_ms bigint not null, -- when a deferred one is tried again
  attempts bigint not null,
  dated_ms bigint, -- the message's Date
  doubted bigint not null check (doubted in (0, 1)), -- ever unknown: Date stays
  reason text not null, -- why it was skipped
  reply text not null, -- the server's last words
  changed_ms bigint not null,
  unique (issue, subscriber)
);
create index delivery_open on delivery (issue, due_ms, subscriber)
  where state in ('queued', 'deferred', 'claimed');
create index delivery_sending on delivery (lease_ms) where state = 'sending';
create index delivery_by_token on delivery (token) where state in ('claimed', 'sending');

-- Which reader got which article: written before the mail leaves, taken back when
-- it certainly did not.
create table received (
  subscriber text not null references subscriber (id),
  article text not null,
  delivery text not null references delivery (id),
  primary key (subscriber, article)
);
