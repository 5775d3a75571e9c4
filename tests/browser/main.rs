//! The console in Chromium, as a person uses it: against the real workers, with one system and
//! one browser that all scenarios share. What a scenario does is told in
//! `tests/browser/scenarios`; here is what it finds there. Pictures of every page go to
//! `target/browser`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]
#![allow(clippy::disallowed_methods, reason = "waits are bounded by the clock")]

mod away;
mod driver;
mod given;
mod nights;

use tokio::sync::{OnceCell, RwLock};

use driver::Driver;
use given::Given;

/// What scenarios share.
struct World {
    given: Given,
    driver: Driver,
}

static WORLD: OnceCell<World> = OnceCell::const_new();

/// Taken by who takes the database away, for everybody would miss it.
static DATABASE: RwLock<()> = RwLock::const_new(());

async fn world() -> &'static World {
    let made = async || World { given: Given::make().await, driver: Driver::start() };
    WORLD.get_or_init(made).await
}

/// Scenarios, each a test of its name.
macro_rules! scenarios {
    ($($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let world = world().await;
            let _there = DATABASE.read().await;
            world.driver.play(stringify!($name), &world.given.told);
        }
    )*};
}

scenarios! {
    a_person_signs_in_and_out
    what_was_typed_survives_the_end_of_a_session
    forms_of_strangers_do_nothing
    a_form_of_a_session_before_is_shown_again
    the_overview_says_what_is_wrong
    a_schedule_is_run_paused_and_resumed
    jobs_are_found_by_what_they_hold
    a_dead_letter_is_tried_and_replayed
    all_that_match_are_replayed
    a_breaker_is_closed_by_hand
    a_night_is_looked_at_and_checked_again
    a_search_for_nothing_keeps_what_was_typed
    a_board_is_rebuilt
    a_configuration_is_drafted_previewed_and_published
    a_draft_is_discarded
    an_alert_is_taken_on_at_a_phone
    a_contacts_score_explains_itself
    an_organization_reads_its_reports_and_boards
    a_key_opens_what_it_may_and_no_more
    who_only_looks_sees_every_page_and_changes_nothing
    every_page_in_light
    every_page_in_the_dark
    every_page_on_a_phone
    every_page_on_a_phone_in_the_dark
    the_first_page_is_light
    pages_are_read_without_scripts
}
