//! What may happen next: a table of operations and how often each does.

mod boards;
mod configure;
mod deliver;
mod faults;
mod messages;
mod nights;
mod operator;
mod produce;
mod report;
mod scenes;
mod time;
mod verify;

pub(super) use faults::end_outage;
pub(super) use verify::say_the_truth;

use super::failure::Failed;
use super::world::World;

/// An operation: its name, its weight, and what it does.
type Op = (&'static str, u32, fn(&mut World) -> Failed);

/// Every operation. The weights add up to a thousand or so; what keeps the
/// system busy weighs most.
const OPS: [Op; 86] = [
    ("put features", 90, produce::put_features),
    ("recalculate", 25, produce::recalculate),
    ("recalculate with a context", 15, produce::recalculate_with_context),
    ("recalculate in chunks", 2, produce::recalculate_in_chunks),
    ("enqueue under a key", 30, produce::enqueue_under_key),
    ("enqueue an alert", 25, produce::enqueue_alert),
    ("enqueue many alerts", 4, produce::enqueue_alerts),
    ("enqueue poison", 4, produce::enqueue_poison),
    ("report events", 40, report::report_events),
    ("change a configuration", 12, produce::change_config),
    ("save a draft", 12, configure::save_draft),
    ("discard a draft", 2, configure::discard_draft),
    ("publish a configuration", 10, configure::publish),
    ("a row of another build", 1, produce::foreign_row),
    ("send a short message", 20, messages::short),
    ("send a short message with a key", 12, messages::short_with_key),
    ("send what is no message", 14, messages::refused),
    ("send an address without a row", 5, messages::lost_address),
    ("send an address to another queue", 6, messages::foreign_address),
    ("send an address again", 8, messages::repeated_address),
    ("join a tournament", 15, boards::join),
    ("guess", 25, boards::guess),
    ("a match ends, or ended otherwise", 35, boards::end),
    ("ask for a settlement again", 11, boards::again),
    ("the provider says otherwise", 17, verify::say),
    ("plan verifications", 12, verify::plan),
    ("ask about a match", 8, verify::ask),
    ("put a portfolio", 40, nights::put_portfolio),
    ("begin a night", 4, nights::begin),
    ("repeat a night", 2, nights::repeat),
    ("the market says otherwise", 6, nights::trade),
    ("deliver nights", 60, nights::deliver),
    ("deliver nights twice", 6, nights::deliver_twice),
    ("deliver", 150, deliver::deliver),
    ("deliver settlements", 50, deliver::deliver_settlements),
    ("deliver settlements twice", 12, deliver::deliver_settlements_twice),
    ("deliver twice", 20, deliver::deliver_twice),
    ("deliver dead letters", 25, deliver::deliver_dead),
    ("reorder a queue", 10, deliver::reorder),
    ("step", 200, deliver::step),
    ("run to the end", 15, deliver::run),
    ("kill an invocation", 20, deliver::kill),
    ("stall an invocation", 25, deliver::stall),
    ("let a zombie rise", 20, deliver::zombie),
    ("lose a message", 12, deliver::lose),
    ("give a message up", 12, deliver::give_up),
    ("give a claimed job's message up", 25, deliver::give_up_claimed),
    ("a job kills isolate after isolate", 2, scenes::kill_again_and_again),
    ("a score overtakes another", 5, scenes::overtake),
    ("an organization asks for a lot", 4, scenes::ask_for_a_lot),
    ("seconds pass", 60, time::seconds),
    ("a lease passes", 30, time::a_lease),
    ("minutes pass", 30, time::minutes),
    ("hours pass", 3, time::hours),
    ("days pass", 1, time::days),
    ("months pass", 1, scenes::months),
    ("host clock jumps", 8, time::host_jumps),
    ("tick", 45, time::tick),
    ("two ticks at once", 8, time::two_ticks),
    ("cron fires", 16, time::fire),
    ("cron fires off its time", 10, time::fire_off),
    ("arm a fault", 68, faults::arm),
    ("arm a lost COMMIT answer", 12, faults::arm_commit_unknown),
    ("sending fails", 10, faults::arm_send),
    ("database goes away", 5, faults::database_away),
    ("schema moves on", 3, faults::schema_moves),
    ("database comes back", 10, faults::database_back),
    ("dependency changes", 12, faults::dependency),
    ("spoil a configuration", 1, faults::spoil_config),
    ("cancel a job", 6, operator::cancel),
    ("cancel a run", 3, operator::cancel_run),
    ("retry a run", 5, operator::retry_run),
    ("replay a dead letter", 4, operator::replay),
    ("replay a case", 10, operator::replay_case),
    ("rehearse a case", 3, operator::rehearse),
    ("discard a case", 2, operator::discard),
    ("order a replay of many", 10, operator::order_replay),
    ("many die and are replayed", 9, scenes::many_die),
    ("a run dies in part and is retried", 8, scenes::a_run_dies_in_part),
    ("cancel a replay of many", 2, operator::end_replay),
    ("hand a message in", 10, operator::hand_in),
    ("reset a breaker", 2, operator::reset_breaker),
    ("ask again under a key", 15, operator::ask_again),
    ("change an expression", 4, time::change_expression),
    ("pause or resume a schedule", 5, operator::pause),
    ("start a run", 5, operator::start_run),
];

/// Does the next operation.
pub(super) fn next(world: &mut World, nth: usize) -> Failed {
    let whole: u32 = OPS.iter().map(|(_, weight, _)| weight).sum();
    let mut drawn = world.rng.next_u32() % whole;
    for (name, weight, act) in OPS {
        if drawn < weight {
            world.tell(format_args!("#{nth} {name}"));
            world.count(name);
            return act(world);
        }
        drawn -= weight;
    }
    Ok(())
}
