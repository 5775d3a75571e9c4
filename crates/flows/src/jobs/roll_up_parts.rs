//! How a roll-up that takes too long is parted by organizations.
//!
//! Parts are counted one after the other, because all of them mark the same days: each
//! job enqueues the next. What fails is counted in smaller parts, and at last each
//! organization has a job of its own, so that one that is too large stops nobody else.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::data::{NextPart, OrganizationRange, PART_ORGANIZATIONS_MAX, Part};

/// Organizations that are counted at once: all, and ever fewer where that fails.
const SIZES: [u32; 3] = [u32::MAX, PART_ORGANIZATIONS_MAX, 8];

/// Organizations that are given a job each at once.
pub const FORK_MAX: u32 = 8;

/// How often that is done in a row of parts. What fails for everybody becomes as many
/// dead letters, and not one of each organization.
pub const FORKS_MAX: u32 = 4;

/// What a job is to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Share {
    /// These.
    Range(OrganizationRange),
    /// A part, and the next ones after it.
    Part(NextPart),
    /// None: of the first ones after it each has a job.
    Each(NextPart),
}

/// What a job counts that failed so often.
pub(super) fn share(part: Option<Part>, failures: i16) -> Share {
    let next = match part {
        Some(Part::Alone(range)) => return Share::Range(range),
        Some(Part::Next(next)) => next,
        None => NextPart { after: None, organizations: u32::MAX, forks: 0 },
    };
    let smaller = SIZES.into_iter().filter(|size| *size < next.organizations);
    let mut sizes = std::iter::once(next.organizations).chain(smaller);
    // One failure may be by chance.
    match sizes.nth(usize::try_from(failures - 1).unwrap_or(0)) {
        Some(u32::MAX) => Share::Range(OrganizationRange::default()),
        Some(organizations) => Share::Part(NextPart { organizations, ..next }),
        None if next.forks < FORKS_MAX => Share::Each(NextPart { organizations: FORK_MAX, ..next }),
        None => Share::Part(NextPart { organizations: next.organizations.min(FORK_MAX), ..next }),
    }
}

/// What is counted now, if anything is, and the parts that are enqueued; of the first
/// organizations after the share's beginning, as many as it takes if there are.
pub(super) fn plan(
    share: Share,
    first: &[OrganizationId],
) -> (Option<OrganizationRange>, Vec<Part>) {
    let found = u32::try_from(first.len()).unwrap_or(u32::MAX);
    let is_full = |next: &NextPart| found >= next.organizations;
    let last = first.last().cloned();
    match share {
        Share::Range(range) => (Some(range), Vec::new()),
        Share::Part(next) if is_full(&next) => {
            let range = OrganizationRange { after: next.after.clone(), through: last.clone() };
            (Some(range), vec![Part::Next(NextPart { after: last, ..next })])
        }
        // The last part is open, for whoever is made known meanwhile.
        Share::Part(next) => (Some(OrganizationRange { after: next.after, through: None }), vec![]),
        Share::Each(next) if first.len() < 2 => {
            (Some(OrganizationRange { after: next.after, through: None }), Vec::new())
        }
        Share::Each(next) => {
            let mut after = next.after.clone();
            let mut parts: Vec<Part> = first
                .iter()
                .map(|name| OrganizationRange {
                    after: after.replace(name.clone()),
                    through: Some(name.clone()),
                })
                .map(Part::Alone)
                .collect();
            if is_full(&next) {
                let forks = next.forks + 1;
                parts.push(Part::Next(NextPart { after: last, forks, ..next }));
            }
            (None, parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};

    use super::*;

    fn name(n: usize) -> OrganizationId {
        OrganizationId::parse(format!("o{n:04}")).unwrap()
    }

    #[test]
    fn what_fails_twice_is_counted_in_ever_smaller_parts() {
        let next = |organizations| NextPart { after: None, organizations, forks: 0 };
        let part = |organizations| Share::Part(next(organizations));
        let (all, each) = (Share::Range(OrganizationRange::default()), Share::Each(next(8)));
        for (said, shares) in [
            (None, [&all, &all, &part(64), &part(8), &each]),
            (Some(64), [&part(64), &part(64), &part(8), &each, &each]),
            (Some(8), [&part(8), &part(8), &each, &each, &each]),
            (Some(3), [&part(3), &part(3), &each, &each, &each]),
        ] {
            for (failures, expected) in (0..).zip(shares) {
                let said = said.map(|organizations| Part::Next(next(organizations)));
                assert_eq!(share(said.clone(), failures), *expected, "{said:?} {failures}");
            }
        }
        let range = OrganizationRange { after: None, through: Some(name(1)) };
        assert_eq!(share(Some(Part::Alone(range.clone())), 4), Share::Range(range));
        let last = NextPart { after: None, organizations: 8, forks: FORKS_MAX };
        assert_eq!(share(Some(Part::Next(last.clone())), 4), Share::Part(last));
    }

    /// How often each organization was counted, and how many jobs died, where what
    /// holds one of the heavy ones with others, or more than so many, fails.
    fn run(count: usize, most: usize, heavy: &[usize]) -> (BTreeMap<OrganizationId, u32>, usize) {
        const ATTEMPTS: i16 = 5;
        let all: Vec<_> = (0..count).map(name).collect();
        let mut counted = BTreeMap::new();
        let (mut queue, mut dead, mut jobs) = (VecDeque::from([(None, 0)]), 0, 0);
        while let Some((part, failures)) = queue.pop_front() {
            jobs += 1;
            assert!(jobs < 10 * count + 20, "jobs without an end");
            let share = share(part.clone(), failures);
            let (after, limit) = match &share {
                Share::Range(range) => (range.after.clone(), 0),
                Share::Part(next) | Share::Each(next) => (next.after.clone(), next.organizations),
            };
            let behind = all.iter().filter(|name| after.as_ref().is_none_or(|after| *name > after));
            let first: Vec<_> = behind.take(usize::try_from(limit).unwrap()).cloned().collect();
            let (range, parts) = plan(share, &first);
            let held: Vec<_> = range
                .map(|range| all.iter().filter(|name| range.contains(name)).collect())
                .unwrap_or_default();
            let is_heavy = heavy.iter().any(|n| held.contains(&&name(*n)));
            if held.len() > most || is_heavy {
                if failures + 1 < ATTEMPTS {
                    queue.push_front((part, failures + 1));
                } else {
                    dead += 1;
                }
                continue;
            }
            held.into_iter().for_each(|name| *counted.entry(name.clone()).or_default() += 1);
            queue.extend(parts.into_iter().map(|part| (Some(part), 0)));
        }
        (counted, dead)
    }

    #[test]
    fn every_organization_is_counted_once() {
        for count in [0, 1, 2, 7, 8, 9, 63, 64, 65, 200] {
            for most in [1, 5, 8, 30, 64, 1_000] {
                // As many jobs of eight as there may be forks, and so small ones.
                if most < 8 && count > 32 {
                    continue;
                }
                let (counted, dead) = run(count, most, &[]);
                let once = (0..count).map(|n| (name(n), 1)).collect();
                assert_eq!((counted, dead), (once, 0), "{count} organizations, {most} at once");
            }
        }
    }

    #[test]
    fn who_is_too_large_dies_alone() {
        for heavy in [&[0][..], &[199], &[70], &[3, 90, 150]] {
            let (counted, dead) = run(200, 100, heavy);
            let light = (0..200).filter(|n| !heavy.contains(n)).map(|n| (name(n), 1)).collect();
            assert_eq!((counted, dead), (light, heavy.len()), "{heavy:?}");
        }
    }

    #[test]
    fn what_fails_for_everybody_is_not_a_case_for_each() {
        let (counted, dead) = run(1_000, 0, &[]);
        let most = usize::try_from(FORKS_MAX * FORK_MAX + 1).unwrap();
        assert!(counted.is_empty() && dead <= most, "{dead} dead letters");
    }
}
