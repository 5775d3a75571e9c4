//! What has no row yet or never will: jobs sent by hand, dead letters, and
//! messages that the platform gave up on.

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::limits::PLATFORM_DEATHS_MAX;
use mauntic_flows::ports::{ClaimRequest, DeadLetter, Died, ShortJob};
use uuid::Uuid;

use super::State;
use super::ends::cut;
use super::jobs::HandSent;
use super::rows::{JobRow, LetterRow, RunRecord};

/// What is known of a dead letter's job.
#[derive(Default)]
struct About {
    job_id: Option<Uuid>,
    organization_id: Option<String>,
    type_name: Option<String>,
}

impl State {
    /// Rows for jobs sent by hand, with their runs; dead letters for the rest.
    pub(super) fn insert_hand_sent(&mut self, request: &ClaimRequest) -> HandSent {
        let mut hand_sent = HandSent::default();
        let mut refused = Vec::new();
        for short in &request.shorts {
            if self.jobs.get(short.id).is_some() {
                continue;
            }
            // A message that was refused stays refused when it comes again, even
            // if the key was given up meanwhile: one message, one fate.
            if self.is_case(request.queue.name(), &short.conflict.message_id) {
                hand_sent.conflicts.push(short.id);
                continue;
            }
            let of = short.job_type.name();
            let owner = short.organization_id.as_deref();
            let key = short.idempotency_key.as_deref();
            match key.and_then(|key| self.jobs.holder(owner, of, key)) {
                Some(holder) if holder.data == short.data => hand_sent.joined.push(short.id),
                Some(_) => {
                    hand_sent.conflicts.push(short.id);
                    let about = About {
                        job_id: None,
                        organization_id: short.organization_id.clone(),
                        type_name: Some(of.to_owned()),
                    };
                    refused.push((&short.conflict, about));
                }
                None => {
                    self.insert_short(short);
                    hand_sent.inserted.insert(short.id);
                }
            }
        }
        // In the order in which the statements keep them.
        for letter in sorted_by(&request.letters, |letter| &letter.message_id) {
            self.keep(request, letter, About::default());
        }
        for (id, message_id) in sorted_by(&request.addresses, |(_, message_id)| message_id) {
            self.keep_missing(request, *id, message_id, &mut hand_sent);
        }
        refused.sort_by(|(a, _), (b, _)| a.message_id.cmp(&b.message_id));
        for (letter, about) in refused {
            self.keep(request, letter, about);
        }
        hand_sent
    }

    /// A message that addresses no row, or one of another queue.
    fn keep_missing(
        &mut self,
        request: &ClaimRequest,
        id: Uuid,
        message_id: &str,
        hand_sent: &mut HandSent,
    ) {
        let row = self.jobs.get(id);
        if row.is_some_and(|row| row.queue == request.queue.name()) {
            return;
        }
        let detail = match row {
            Some(row) => format!("the message addresses a job of the queue {}", row.queue),
            None => "the message addresses a job that has no row".to_owned(),
        };
        let letter = DeadLetter {
            message_id: message_id.to_owned(),
            body: id.to_string().into_bytes(),
            reason: if row.is_some() { "wrong_queue" } else { "row_missing" },
            detail,
        };
        let about = About {
            job_id: Some(id),
            organization_id: row.and_then(|row| row.organization_id.clone()),
            type_name: row.map(|row| row.type_name.clone()),
        };
        hand_sent.missing.push(id);
        self.keep(request, &letter, about);
    }

    /// Whether a message is a dead letter already.
    fn is_case(&self, queue: &str, message_id: &str) -> bool {
        self.letters
            .iter()
            .any(|letter| letter.queue == queue && letter.message_id.as_deref() == Some(message_id))
    }

    fn insert_short(&mut self, short: &ShortJob) {
        let row = JobRow {
            organization_id: short.organization_id.clone(),
            run_id: Some(short.run_id),
            idempotency_key: short.idempotency_key.clone(),
            request_id: short.request_id.clone(),
            starter: short.starter,
            ..JobRow::new(short.id, short.job_type, short.data.clone(), self.now)
        };
        self.jobs.insert(row);
        let run = RunRecord {
            organization_id: short.organization_id.clone(),
            request_id: short.request_id.clone(),
            ..RunRecord::new(short.run_id, short.job_type.name().to_owned(), "manual", self.now)
        };
        self.runs.insert(run);
    }

    fn keep(&mut self, request: &ClaimRequest, letter: &DeadLetter, about: About) {
        if self.letters_lost {
            return;
        }
        let (queue, detail) = (request.queue.name(), cut(&letter.detail, 4_000));
        self.put_letter(LetterRow {
            message_id: Some(letter.message_id.clone()),
            job_id: about.job_id,
            organization_id: about.organization_id,
            type_name: about.type_name,
            body: letter.body.clone(),
            ..LetterRow::new(queue, letter.reason, &detail, self.now)
        });
    }

    pub(super) fn bury(&mut self, request: &ClaimRequest) -> Vec<Died> {
        let hand_sent = self.insert_hand_sent(request);
        let addressed = request.addresses.iter().map(|(id, message)| (*id, message));
        let by_hand = request.shorts.iter().map(|short| (short.id, &short.conflict.message_id));
        let mut messages: Vec<(Uuid, &String)> = addressed.chain(by_hand).collect();
        messages.sort_unstable();
        messages.dedup_by_key(|(id, _)| *id);
        let mut dead = Vec::new();
        for (id, message) in messages {
            if hand_sent.inserted.contains(&id) {
                let now = self.now;
                self.jobs.change(id, |row| {
                    row.death_message = Some(message.clone());
                    row.wake_at = now;
                });
            } else {
                dead.extend(self.judge(request, id, message));
            }
        }
        self.count_dead(&dead);
        dead
    }

    /// Counts a death of a job's message, once a message; it is woken at once.
    fn judge(&mut self, request: &ClaimRequest, id: Uuid, message: &str) -> Option<Died> {
        let now = self.now;
        let row = self.jobs.get(id).filter(|row| row.queue == request.queue.name())?;
        if !(row.waits() || row.lease_ran_out(now)) || self.is_locked(id) {
            return None;
        }
        let is_new = row.death_message.as_deref() != Some(message) && row.claim > row.death_claim;
        let deaths = row.platform_deaths + i16::from(is_new);
        let died = |row: &mut JobRow| {
            row.platform_deaths = deaths;
            row.death_message = Some(message.to_owned());
            row.death_claim = row.claim;
            row.wake_at = now;
        };
        if deaths >= PLATFORM_DEATHS_MAX {
            self.lose(id);
            let detail = format!("the platform gave its message up {deaths} times");
            return self.die(id, "isolate_killed", &detail, died);
        }
        self.jobs.change(id, died);
        None
    }

    pub(super) fn expire(&mut self, limit: i64) -> Vec<Died> {
        let now = self.now;
        let is_over = |row: &&JobRow| {
            let is_free = row.waits() || row.lease_ran_out(now);
            row.expires_at <= now && is_free && !self.is_locked(row.id)
        };
        let most = usize::try_from(limit).unwrap_or(0);
        let over = self.jobs.live().filter(is_over).map(|row| (row.id, row.expires_at));
        let over: Vec<(Uuid, DateTime<Utc>)> = over.take(most).collect();
        let die = |(id, at): (Uuid, DateTime<Utc>)| {
            self.lose(id);
            let detail = format!("it was not done until {}", at.format("%Y-%m-%dT%H:%M:%SZ"));
            self.die(id, "expired", &detail, |_| {})
        };
        let dead: Vec<Died> = over.into_iter().filter_map(die).collect();
        self.count_dead(&dead);
        dead
    }
}

fn sorted_by<T>(items: &[T], key: impl Fn(&T) -> &String) -> Vec<&T> {
    let mut sorted: Vec<&T> = items.iter().collect();
    sorted.sort_by(|a, b| key(a).cmp(key(b)));
    sorted
}
