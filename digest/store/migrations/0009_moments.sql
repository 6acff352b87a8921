-- Articles of earlier issues, behind the issue's own, for readers who take mail on days
-- of their own: the number of the issue they were in.
alter table issue_article add column carried bigint;

-- The few readers who have days or an hour; with nobody in it, asking costs nothing.
create index subscriber_with_moments on subscriber (id)
where profile like '%"days":%' or profile like '%"hour":%';
