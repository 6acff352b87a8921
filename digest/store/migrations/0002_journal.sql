-- One compact row per delivery: a million of them are a file of some hundred MB.
-- What a mail holds is a bit per article of its issue, instead of a row per article.

alter table issue add column key integer; -- short, for the rows of its deliveries
update issue set key = (
  select count(*) from issue earlier
  where earlier.frozen_ms < issue.frozen_ms
  or (earlier.frozen_ms = issue.frozen_ms and earlier.id <= issue.id)
);
create unique index issue_by_key on issue (key);

-- Empty, or why nothing of it leaves at present: 'paused' or 'recalled'.
alter table issue add column hold text not null default '';

create index article_version_by_article on article_version (article);

create table handover (
  issue integer not null,
  subscriber text not null references subscriber (id),
  state text not null check (state in (
    'queued', 'claimed', 'sending', 'body_sent', 'sent', 'deferred', 'failed',
    'unknown', 'skipped'
  )),
  token text, -- of the process that claimed it
  due_ms bigint not null, -- 0: at once; of a claimed one, when its lease ends
  attempts integer not null, -- that were answered, or will never be
  dated_ms bigint, -- the message's Date
  doubted integer not null check (doubted in (0, 1)), -- may have left: Date stays
  contents bytea, -- which of the issue's articles it holds
  reason text not null, -- why it was skipped
  reply text not null, -- the server's last words
  changed_ms bigint not null,
  primary key (issue, subscriber)
) {clustered};

insert into handover (
  issue, subscriber, state, token, due_ms, attempts, dated_ms, doubted, reason, reply,
  changed_ms
)
select i.key, d.subscriber,
  case d.state when 'claimed' then 'queued' when 'sending' then 'unknown' else d.state end,
  null, case d.state when 'deferred' then d.due_ms else 0 end, d.attempts, d.dated_ms,
  case d.state when 'sending' then 1 else d.doubted end, d.reason, d.reply, d.changed_ms
from delivery d join issue i on i.id = d.issue
order by i.key, d.subscriber;

-- What the old rows held; the journal turns it into `contents` when it is next opened.
create table held_before (
  issue integer not null,
  subscriber text not null,
  article text not null,
  primary key (issue, subscriber, article)
);
insert into held_before (issue, subscriber, article)
select i.key, r.subscriber, r.article
from received r join delivery d on d.id = r.delivery join issue i on i.id = d.issue;

drop table received;
drop table delivery;
alter table handover rename to delivery;

-- Everything that is not settled: to be claimed, or in the hands of a process.
create index delivery_open on delivery (issue, due_ms, subscriber)
  where state in ('queued', 'deferred', 'claimed', 'sending', 'body_sent');
