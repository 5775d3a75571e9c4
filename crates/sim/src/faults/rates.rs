//! Faults by chance: the same seed gives the same faults in the same order of
//! calls.

use super::{Call, Fault, Rules};
use crate::rng::Rng;

/// Faults per thousand calls that they fit.
#[derive(Debug, Clone)]
pub struct Rates {
    /// Where chance comes from.
    pub rng: Rng,
    /// See [`Fault::Lost`].
    pub lost: u32,
    /// See [`Fault::AnswerLost`].
    pub answer_lost: u32,
    /// See [`Fault::Unsure`].
    pub unsure: u32,
    /// See [`Fault::Contended`].
    pub contended: u32,
    /// See [`Fault::Locked`].
    pub locked: u32,
    /// See [`Fault::LettersLost`].
    pub letters_lost: u32,
}

impl Rates {
    /// The same rate for every kind of fault.
    #[must_use]
    pub const fn all(seed: u64, per_mille: u32) -> Self {
        Self {
            rng: Rng::new(seed),
            lost: per_mille,
            answer_lost: per_mille,
            unsure: per_mille,
            contended: per_mille,
            locked: per_mille,
            letters_lost: per_mille,
        }
    }
}

impl Rules for Rates {
    fn fault(&mut self, call: Call) -> Option<Fault> {
        let kinds = [
            (Fault::Lost, self.lost),
            (Fault::AnswerLost, self.answer_lost),
            (Fault::Unsure, self.unsure),
            (Fault::Contended, self.contended),
            (Fault::Locked(0), self.locked),
            (Fault::LettersLost, self.letters_lost),
        ];
        let fitting = kinds.into_iter().filter(|(fault, _)| fault.fits(call));
        // One number decides among all kinds, so that each keeps its rate.
        let mut drawn = self.rng.next() % 1_000;
        for (fault, rate) in fitting {
            match drawn.checked_sub(u64::from(rate)) {
                Some(rest) => drawn = rest,
                None if matches!(fault, Fault::Locked(_)) => {
                    return Some(Fault::Locked(self.rng.next()));
                }
                None => return Some(fault),
            }
        }
        None
    }
}
