//! The oracle: each stored score is what the rules give in one shot for the
//! features, the configuration and the context that it says it was computed
//! from, and no completed job left an older one behind.

use mauntic_domain::jobs::{Job, JobState};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Config, Context, score};

use super::jobs::described;
use crate::engine::failure::{Failed, fail};
use crate::engine::world::World;

/// Every stored score, recomputed.
pub(super) fn explained(world: &World) -> Failed {
    let no_config = Config::default();
    let no_context = Context::default();
    world.ports.store.look(|state| {
        for (contact, row) in state.scores() {
            let (owner, id) = contact;
            let detail = format_args!("{owner}/{id}, job {}", row.job_id);
            let Some(features) = world.model.features.get(&(contact.clone(), row.input_version))
            else {
                return fail("oracle: a score has features that were stored", detail);
            };
            let config = match row.config_version {
                0 => Some(&no_config),
                version => world.model.configs.get(&(owner.clone(), version)),
            };
            let job = world.model.archive.job(state, row.job_id);
            let parsed = job.map(|row| Job::parse(&row.type_name, row.version, &row.data));
            let context = match parsed {
                Some(Ok(Job::CalculateScore(data))) => data.context.unwrap_or(no_context),
                Some(Ok(Job::RecomputeChunk(data))) => data.context.unwrap_or(no_context),
                _ => return fail("oracle: a score has its job", detail),
            };
            let Some(config) = config else {
                return fail("oracle: a score has a configuration that was stored", detail);
            };
            if score(features, config, &context, PointsE4::ZERO) != row.score {
                return fail("oracle: a score is what the rules give in one shot", detail);
            }
            if job.is_none_or(|row| row.state != JobState::Completed) {
                return fail("oracle: a score is of a completed job", detail);
            }
        }
        Ok(())
    })
}

/// A write of features whose job is completed has a score of those features or
/// of newer ones.
pub(super) fn newest(world: &World) -> Failed {
    world.ports.store.look(|state| {
        for put in &world.model.puts {
            let Some(job) = world.model.archive.job(state, put.job_id) else { continue };
            if job.state != JobState::Completed {
                continue;
            }
            let score = state.scores().get(&put.contact);
            let is_new = score.is_some_and(|score| {
                score.input_version >= put.input_version
                    && score.config_version >= put.config_version
            });
            if !is_new {
                let found = score.map(|score| (score.input_version, score.config_version));
                let asked = (put.input_version, put.config_version);
                return fail(
                    "oracle: a completed job left no older score",
                    format_args!(
                        "{}/{} has versions {found:?}, asked {asked:?} of {}",
                        put.contact.0,
                        put.contact.1,
                        described(job)
                    ),
                );
            }
        }
        Ok(())
    })
}
