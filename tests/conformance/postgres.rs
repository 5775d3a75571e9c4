//! The suite's second subject: the store on PostgreSQL. The database's clock
//! and its ids are put in front of the server's own (`clockwork.sql`), so that
//! the test moves the one and knows the order of the others, and no comparison
//! needs a tolerance.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::scoring::{ConfigEntry, Features, SignalConfig, SignalConfigEntry};
use mauntic_flows::ports::{AlertView, SignalView};
use mauntic_sim::clock::START_SECS;
use mauntic_store::admin;
use mauntic_store::connect::Tcp;
use mauntic_testkit::database::{Role, TestDatabase};
use mauntic_tests::transport::Way;
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::board_tables;
use crate::portfolio_tables;
use crate::signal_tables::{alert_row, signal_row};
use crate::subject::{RawJob, Subject};
use crate::transport;

/// Every table of the protocol with every column that decides anything.
/// Left out: what is generated from other columns, the audit's hashes, which
/// hash a database's own ids, and answers, whose form is the store's own.
const TABLES: &str = "select jsonb_build_object(
  'jobs', (select coalesce(jsonb_agg(to_jsonb(j) order by j.id), '[]')
    from jobs.job j),
  'dead_letters', (select coalesce(jsonb_agg(to_jsonb(d) - array['fingerprint', 'payload']
      || jsonb_build_object('body', convert_from(d.body, 'UTF8')) order by d.id), '[]')
    from jobs.dead_letter d),
  'replays', (select coalesce(jsonb_agg(to_jsonb(r) order by r.id), '[]') from jobs.replay r),
  'deliveries', (select coalesce(jsonb_agg(to_jsonb(d) order by d.token), '[]')
    from jobs.delivery d),
  'answers', (select coalesce(jsonb_agg(to_jsonb(a) - 'answer'
      || jsonb_build_object('fingerprint', encode(a.fingerprint, 'hex'))
      order by a.holder, a.key), '[]') from jobs.answer a),
  'audit', (select coalesce(jsonb_agg(jsonb_build_object('seq', a.seq, 'at', a.at,
      'entry', a.entry::jsonb) order by a.seq), '[]') from jobs.audit a),
  'runs', (select coalesce(jsonb_agg(to_jsonb(r) order by r.id), '[]') from jobs.run r),
  'config_documents', (select coalesce(jsonb_agg(to_jsonb(d)
      order by d.organization_id, d.version), '[]') from scoring.config_documents d),
  'config_drafts', (select coalesce(jsonb_agg(to_jsonb(d) order by d.organization_id), '[]')
    from scoring.config_drafts d),
  'scoring_configs', (select coalesce(jsonb_agg(to_jsonb(c)
      || jsonb_build_object('weight', (c.weight * 10000)::int8)
      order by c.organization_id, c.factor), '[]') from scoring.scoring_configs c),
  'signal_configs', (select coalesce(jsonb_agg(to_jsonb(c)
      || jsonb_build_object('weight', (c.weight * 10000)::int8)
      order by c.organization_id, c.signal_type), '[]') from scoring.signal_configs c),
  'schedules', (select coalesce(jsonb_agg(to_jsonb(s) order by s.job_key collate \"C\"), '[]')
    from jobs.schedule s),
  'occurrences', (select coalesce(jsonb_agg(to_jsonb(o)
      order by o.job_key collate \"C\", o.nominal_at), '[]') from jobs.occurrence o),
  'notifications', (select coalesce(jsonb_agg(to_jsonb(n)
      order by n.subject, n.kind collate \"C\"), '[]') from jobs.notification n),
  'events', (select coalesce(jsonb_agg(to_jsonb(e) order by e.id), '[]')
    from jobs.event_outbox e),
  'scores', (select coalesce(jsonb_agg(to_jsonb(s) || jsonb_build_object(
      'total_score', (s.total_score * 10000)::int8, 'fit_score', (s.fit_score * 10000)::int8,
      'engagement_score', (s.engagement_score * 10000)::int8,
      'intent_score', (s.intent_score * 10000)::int8,
      'previous_total', (s.previous_total * 10000)::int8)
      order by s.organization_id, s.contact_id), '[]') from scoring.lead_scores s),
  'history', (select coalesce(jsonb_agg(jsonb_build_object(
      'organization_id', h.organization_id, 'contact_id', h.contact_id, 'day', h.day,
      'total_score', (h.total_score * 10000)::int8, 'grade', h.grade,
      'categories', jsonb_build_array((h.fit_score * 10000)::int8,
        (h.engagement_score * 10000)::int8, (h.intent_score * 10000)::int8),
      'updated_at', h.updated_at) order by h.organization_id, h.contact_id, h.day), '[]')
    from scoring.score_history h),
  'seen', (select coalesce(jsonb_agg(to_jsonb(e) order by e.organization_id, e.event_id), '[]')
    from scoring.event_seen e),
  'activity', (select coalesce(jsonb_agg(to_jsonb(a)
      order by a.organization_id, a.occurred_at, a.event_id), '[]')
    from analytics.contact_activity a),
  'enrichments', (select coalesce(jsonb_agg(to_jsonb(j)
      || jsonb_build_object('cost', (j.cost * 10000)::int8)
      order by j.organization_id, j.finished_at, j.event_id), '[]')
    from lead_intelligence.enrichment_jobs j),
  'event_aggregates', (select coalesce(jsonb_agg(to_jsonb(e)
      order by e.organization_id, e.date, e.event_type, e.channel), '[]')
    from analytics.event_aggregates e),
  'campaign_daily_stats', (select coalesce(jsonb_agg(to_jsonb(s)
      order by s.organization_id, s.date, s.campaign_id), '[]')
    from analytics.campaign_daily_stats s),
  'daily_score_distribution', (select coalesce(jsonb_agg(to_jsonb(d) || jsonb_build_object(
      'average', (d.average * 100)::int8, 'minimum', (d.minimum * 10000)::int8,
      'maximum', (d.maximum * 10000)::int8, 'p50', (d.p50 * 10000)::int8,
      'p90', (d.p90 * 10000)::int8, 'p95', (d.p95 * 10000)::int8)
      order by d.organization_id, d.date), '[]') from analytics.daily_score_distribution d),
  'enrichment_metrics', (select coalesce(jsonb_agg(to_jsonb(m) || jsonb_build_object(
      'success_rate', (m.success_rate * 100)::int8,
      'average_cost', (m.average_cost * 10000)::int8,
      'average_freshness_hours', (m.average_freshness_hours * 100)::int8,
      'cost_total', (m.cost_total * 10000)::int8)
      order by m.organization_id, m.date), '[]') from analytics.enrichment_metrics m),
  'rollup_days', (select coalesce(jsonb_agg(to_jsonb(d) order by d.job, d.day), '[]')
    from analytics.rollup_days d),
  'signals', (select coalesce(jsonb_agg(to_jsonb(s)
      || jsonb_build_object('weight', (s.weight * 100)::int4)
      order by s.organization_id, s.contact_id, s.event_id), '[]') from scoring.intent_signals s),
  'alerts', (select coalesce(jsonb_agg(to_jsonb(a) order by a.id), '[]')
    from scoring.signal_alerts a),
  'sending_domains', (select coalesce(jsonb_agg(to_jsonb(d) order by d.organization_id, d.domain), '[]')
    from delivery.sending_domains d))";

/// The store on PostgreSQL.
pub(crate) struct Postgres {
    now: Mutex<DateTime<Utc>>,
    queue: Tcp,
    http: Tcp,
    pub(crate) owner: Client,
    /// Gone with the value.
    _database: TestDatabase,
    _way: Way,
}

impl Postgres {
    async fn set_clock(&self, now: DateTime<Utc>) {
        *self.now.lock().expect("a clock") = now;
        let sql = "update clockwork.clock set now = $1";
        self.owner.execute(sql, &[&now]).await.expect("the clock is set");
        self.make_months(now).await;
    }
}

impl Postgres {
    /// The tick makes room for activity in time, however far a test moves the clock.
    async fn make_months(&self, now: DateTime<Utc>) {
        let sql = "select analytics.keep_months($1::timestamptz - interval '36 days', $1, 'epoch')";
        self.owner.execute(sql, &[&now]).await.expect("there is room for activity");
    }
}

impl Subject for Postgres {
    type Db = Tcp;

    async fn create() -> Self {
        let database = TestDatabase::create().await;
        let first = database.connect(Role::Owner).await.expect("the owner connects");
        first.batch_execute(include_str!("clockwork.sql")).await.expect("the clock is in place");
        let now = DateTime::from_timestamp(START_SECS, 0).expect("a time");
        let sql = "insert into clockwork.clock (now) values ($1)";
        first.execute(sql, &[&now]).await.expect("the clock is set");
        // A session of its own: the search path is that of later ones.
        let owner = database.connect(Role::Owner).await.expect("the owner connects");
        let way = transport::wanted().await;
        let store = |role: Role| way.store(role.name(), database.name());
        let (queue, http) = (store(Role::Queue), store(Role::Http));
        let now = Mutex::new(now);
        let subject = Self { now, queue, http, owner, _database: database, _way: way };
        let now = subject.now();
        subject.make_months(now).await;
        subject
    }

    fn queue(&self) -> Tcp {
        self.queue.clone()
    }

    fn http(&self) -> Tcp {
        self.http.clone()
    }

    fn hasty(&self, lease_secs: u32) -> Tcp {
        self.queue.clone().with_lease(lease_secs)
    }

    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().expect("a clock")
    }

    async fn advance(&self, by: TimeDelta) {
        self.set_clock(self.now() + by).await;
    }

    async fn put_contact(&self, owner: &OrganizationId, contact: &ContactId, features: Features) {
        let contacts = [(contact.clone(), features)];
        admin::put_contacts(&self.owner, owner, &contacts).await.expect("stored");
    }

    async fn put_config(&self, owner: &OrganizationId, entries: Vec<ConfigEntry>) {
        admin::replace_config(&self.owner, owner, &entries).await.expect("stored");
    }

    async fn put_organization(&self, owner: &OrganizationId) {
        admin::put_organization(&self.owner, owner, "an organization").await.expect("stored");
    }

    async fn put_signal_config(&self, owner: &OrganizationId, entries: Vec<SignalConfigEntry>) {
        let signals = SignalConfig::new(entries).expect("a configuration");
        admin::replace_signals(&self.owner, owner, &signals).await.expect("stored");
    }

    async fn put_signals(
        &self,
        owner: &OrganizationId,
        contact: &ContactId,
        signals: &[SignalView],
    ) {
        let rows: Value = signals.iter().map(signal_row).collect();
        let sql = "insert into scoring.intent_signals (organization_id, contact_id, event_id,
            signal_type, source, weight, decay_model, decay_hours, priority, cap_per_day,
            detected_at, decayed_at, input_version, received_at, counted, archived_at)
          select $1, $2, r.event_id, r.signal_type, r.source, r.weight * 0.01, r.decay_model,
            r.decay_hours, r.priority, r.cap_per_day, r.detected_at, r.decayed_at,
            r.input_version, r.received_at, r.counted, r.archived_at
          from jsonb_to_recordset($3) r (event_id text, signal_type text, source text, weight int4,
            decay_model text, decay_hours int2, priority text, cap_per_day int2,
            detected_at timestamptz, decayed_at timestamptz, input_version int8,
            received_at timestamptz, counted boolean, archived_at timestamptz)";
        let written = self.owner.execute(sql, &[&owner.as_str(), &contact.as_str(), &rows]).await;
        written.expect("the test's own rows");
    }

    async fn put_alerts(&self, owner: &OrganizationId, alerts: &[AlertView]) {
        let rows: Value = alerts.iter().map(alert_row).collect();
        let sql = "insert into scoring.signal_alerts (organization_id, id, contact_id, signal_type,
            priority, event_id, status, opened_at, due_at, acknowledged_at, acknowledged_by,
            expired_at)
          select $1, r.* from jsonb_to_recordset($2) r (id uuid, contact_id text,
            signal_type text, priority text, event_id text, status text, opened_at timestamptz,
            due_at timestamptz, acknowledged_at timestamptz, acknowledged_by text,
            expired_at timestamptz)";
        let written = self.owner.execute(sql, &[&owner.as_str(), &rows]).await;
        written.expect("the test's own rows");
    }

    async fn put_jobs(&self, jobs: &[RawJob]) {
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.id).collect();
        let owners: Vec<Option<&str>> = jobs.iter().map(|job| job.owner).collect();
        let queues: Vec<&str> = jobs.iter().map(|job| job.queue).collect();
        let types: Vec<&str> = jobs.iter().map(|job| job.type_name).collect();
        let version = |job: &RawJob| i16::try_from(job.version).expect("a version");
        let versions: Vec<i16> = jobs.iter().map(version).collect();
        let resends: Vec<i16> = jobs.iter().map(|job| job.resends).collect();
        let data: Vec<Value> = jobs.iter().map(RawJob::data).collect();
        let sql = "insert into jobs.job (id, organization_id, queue, type, version, resends, data,
                                         failures_max)
          select r.*, 3 from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int2[],
                                    $6::int2[], $7::jsonb[]) r";
        let written = self
            .owner
            .execute(sql, &[&ids, &owners, &queues, &types, &versions, &resends, &data])
            .await;
        written.expect("the test's own rows");
    }

    async fn decide_letters(&self) {
        let sql = "update jobs.dead_letter
          set decided_at = clock_timestamp(), decision = 'discarded' where decided_at is null";
        self.owner.execute(sql, &[]).await.expect("decided");
    }

    async fn set_schema_version(&self, version: i32) {
        let sql = "update jobs.schema_migration set number = $1
          where number = (select max(number) from jobs.schema_migration)";
        self.owner.execute(sql, &[&version]).await.expect("the test's own row");
    }

    async fn tables(&self) -> Value {
        let mut tables: Value = self.owner.query_one(TABLES, &[]).await.expect("the tables").get(0);
        let of_boards = self.owner.query_one(board_tables::TABLES, &[]).await.expect("the tables");
        tables["boards"] = of_boards.get(0);
        let of_portfolios = self.owner.query_one(portfolio_tables::TABLES, &[]).await;
        tables["portfolios"] = of_portfolios.expect("the tables").get(0);
        tables
    }
}
