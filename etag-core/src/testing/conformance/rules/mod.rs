//! The rules, each with what is checked of it.

mod absent;
mod caches;
mod dates;
mod if_match;
mod if_none_match;
mod making;
mod order;
mod ranges;
mod refusals;
mod seen;
mod writes;

use std::pin::Pin;

use super::exchange::{Finding, Verdict};
use super::session::Session;
use super::{Line, Outcome};

/// A check of one rule.
pub(super) struct Rule {
    number: u8,
    section: &'static str,
    requirement: &'static str,
    check: Check,
}

type Check = for<'s> fn(&'s mut Session) -> Pin<Box<dyn Future<Output = Verdict> + Send + 's>>;

/// All checks, in the order in which they are made: what reads only comes first, and what is seen of all answers last.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    let parts = [
        making::RULES,
        if_none_match::RULES,
        caches::RULES,
        order::RULES,
        ranges::RULES,
        dates::RULES,
        if_match::RULES,
        writes::RULES,
        refusals::RULES,
        absent::RULES,
        seen::RULES,
    ];
    parts.into_iter().flatten()
}

impl Rule {
    pub(super) fn number(&self) -> u8 {
        self.number
    }

    pub(super) async fn check(&self, session: &mut Session) -> Verdict {
        (self.check)(session).await
    }

    pub(super) fn line(&self, verdict: Verdict, tolerated: Option<&String>) -> Line {
        let outcome = match (verdict, tolerated) {
            (Ok(()), _) => Outcome::Passed,
            (Err(Finding::NotApplicable(why)), _) => Outcome::NotApplicable(why),
            (Err(Finding::Failed(failure)), Some(because)) => {
                Outcome::Tolerated { because: because.clone(), failure }
            }
            (Err(Finding::Failed(failure)), None) => Outcome::Failed(failure),
        };
        Line { rule: self.number, section: self.section, requirement: self.requirement, outcome }
    }
}

/// `NUMBER SECTION REQUIREMENT => CHECK;` for each check of a file.
macro_rules! rules {
    ($($number:literal $section:literal $requirement:literal => $check:path;)*) => {
        pub(super) const RULES: &[super::Rule] = &[$(super::Rule {
            number: $number,
            section: $section,
            requirement: $requirement,
            check: |session| Box::pin($check(session)),
        }),*];
    };
}
use rules;
