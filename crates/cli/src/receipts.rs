//! `receipts report`: the proof that every message that was delivered, and every
//! claim that was made, is accounted for.

use anyhow::bail;
use chrono::{DateTime, Utc};
use mauntic_store::receipts::{self, Sums, Wrong};
use serde_json::{Value, json};

use crate::arguments;
use crate::clock::shown;
use crate::database;
use crate::failure::Usage;
use crate::output::{Columns, Output, table};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Sum up the deliveries of a time; a claim without its end, or an effect
    /// without its receipt, is a failure.
    Report {
        #[command(flatten)]
        database: database::Args,
        /// From then on: a time, or a day for its midnight in UTC.
        #[arg(long, value_parser = arguments::moment)]
        from: DateTime<Utc>,
        /// Before then.
        #[arg(long, value_parser = arguments::moment)]
        to: DateTime<Utc>,
    },
}

const WRONGS: Columns = &[
    ("DELIVERY", "/token"),
    ("QUEUE", "/queue"),
    ("DELIVERED", "/deliveredAt"),
    ("TAKEN", "/taken"),
    ("ACCOUNTED", "/accounted"),
    ("EFFECTS", "/effects"),
    ("RECEIPTS", "/receipts"),
];

pub(crate) async fn run(command: Command, output: Output) -> anyhow::Result<()> {
    let Command::Report { database, from, to } = command;
    if to <= from {
        return Err(Usage("--to must be after --from".to_owned()).into());
    }
    let client = database.client().await?;
    let sums = receipts::sums(&client, from, to).await?;
    let balances = sums.balances();
    let wrongs = if balances { Vec::new() } else { receipts::wrongs(&client, from, to).await? };
    let wrongs: Vec<Value> = wrongs.iter().map(wrong).collect();
    let report = json!({
        "from": shown(from), "to": shown(to), "balances": balances, "sums": of(&sums),
        "wrongs": wrongs,
    });
    output.print(&report, |_| told(&sums))?;
    if !balances {
        if output == Output::Text && !wrongs.is_empty() {
            eprintln!("{}", table(&wrongs, WRONGS, true).trim_end());
        }
        bail!("the deliveries do not balance");
    }
    Ok(())
}

fn of(sums: &Sums) -> Value {
    json!({
        "deliveries": sums.deliveries,
        "messages": sums.messages,
        "unreadable": sums.unreadable,
        "absorbed": sums.absorbed,
        "left": sums.left(),
        "taken": sums.taken,
        "effects": sums.effects,
        "failures": sums.failures,
        "putOff": sums.put_off,
        "lost": sums.lost,
        "inFlight": sums.in_flight,
        "receipts": sums.receipts,
        "unaccounted": sums.unaccounted,
        "conflicts": sums.conflicts,
    })
}

fn told(sums: &Sums) -> String {
    let Sums { deliveries, messages, unreadable, absorbed, taken, .. } = sums;
    let Sums { effects, failures, put_off, lost, in_flight, receipts, .. } = sums;
    let Sums { unaccounted, conflicts, .. } = sums;
    let left = sums.left();
    let verdict = if sums.balances() { "balances" } else { "DOES NOT BALANCE" };
    format!(
        "{messages} messages in {deliveries} deliveries\n  \
         = {taken} claims + {absorbed} duplicates absorbed + {unreadable} unreadable + {left} left \
         to their rows\n\
         {taken} claims\n  \
         = {effects} effects + {failures} failures + {put_off} put off + {lost} lost leases + \
         {in_flight} in flight\n\
         {effects} effects, {receipts} receipts, {conflicts} conflicts, {unaccounted} deliveries \
         unaccounted for\n\
         {verdict}"
    )
}

fn wrong(wrong: &Wrong) -> Value {
    json!({
        "token": wrong.token,
        "queue": wrong.queue,
        "deliveredAt": shown(wrong.delivered_at),
        "taken": wrong.taken,
        "accounted": wrong.accounted,
        "effects": wrong.effects,
        "receipts": wrong.receipts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_what_adds_up_to_what() {
        let sums = Sums {
            deliveries: 2,
            messages: 12,
            unreadable: 1,
            absorbed: 2,
            taken: 8,
            effects: 5,
            failures: 1,
            put_off: 1,
            lost: 0,
            in_flight: 1,
            receipts: 5,
            ..Sums::default()
        };
        let report = told(&sums);
        assert!(
            report.contains("= 8 claims + 2 duplicates absorbed + 1 unreadable + 1 left"),
            "{report}"
        );
        assert!(report.ends_with("\nbalances"), "{report}");
        assert!(told(&Sums { receipts: 4, ..sums }).ends_with("DOES NOT BALANCE"));
    }
}
