use http::Method;
use http::header::IF_MATCH;

use super::report::Tally;
use super::run::{Done, is_absent, is_refused, is_unavailable};
use crate::testing::conformance::exchange::{Exchange, lossy};

/// What a GET shows after a write without rivals: after one with rivals it shows the same, or the write was lost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shows {
    /// The tag of the write's answer.
    tag: bool,
    /// The content of the write's answer.
    answered: bool,
    /// What was sent, byte for byte.
    sent: bool,
}

impl Shows {
    pub(super) fn of(done: &Exchange, shown: &Exchange) -> Self {
        Self {
            tag: done.etag().is_some() && done.etag() == shown.etag(),
            answered: !done.body.is_empty() && done.body == shown.body,
            sent: !done.content.is_empty() && done.content == shown.body,
        }
    }

    /// Whether this is what a write made.
    pub(super) fn is_made_by(self, done: &Exchange, shown: &Exchange) -> bool {
        if done.method == Method::DELETE {
            return is_absent(shown);
        }
        !is_absent(shown)
            && (!self.tag || done.etag() == shown.etag())
            && (!self.answered || done.body == shown.body)
            && (!self.sent || done.content == shown.body)
    }
}

/// A resource before and after requests that were sent to it at once, all under one condition.
pub(super) struct Round<'a> {
    pub(super) before: &'a Exchange,
    pub(super) done: &'a Done,
    pub(super) after: &'a Exchange,
    pub(super) shows: Shows,
}

impl Round<'_> {
    /// One of the writes was carried out, and is shown; of those that were refused, nothing is.
    pub(super) fn judge(&self, tally: &mut Tally) {
        tally.counts.rounds += 1;
        self.judge_statuses(tally);
        let winners = self.winners();
        let lost = winners.iter().filter(|winner| !self.shows.is_made_by(winner, self.after)).count();
        tally.counts.lost += lost;
        tally.counts.forked += winners.len().saturating_sub(1);
        match winners[..] {
            [] => self.judge_refusals(tally),
            [winner] if lost > 0 => {
                tally.finding("a write was acknowledged, and is not shown", &[winner, self.after]);
            }
            [winner] => self.judge_tag(winner, tally),
            [first, second, ..] => {
                let (count, all) = (winners.len(), self.done.exchanges.len());
                let why = format!("{count} of {all} writes that name {} were carried out", condition(first));
                tally.finding(why, &[first, second, self.after]);
            }
        }
    }

    /// The writes that were carried out. What is deleted already may be deleted again (§13.1.1): that counts once.
    pub(super) fn winners(&self) -> Vec<&Exchange> {
        let won = self.done.exchanges.iter().filter(|done| done.status.is_success());
        let (mut deletions, mut others): (Vec<_>, Vec<_>) =
            won.partition(|done| done.method == Method::DELETE);
        deletions.truncate(1);
        others.append(&mut deletions);
        others
    }

    fn judge_statuses(&self, tally: &mut Tally) {
        let is_expected =
            |done: &&Exchange| done.status.is_success() || is_refused(done) || is_unavailable(done);
        if let Some(done) = self.done.exchanges.iter().find(|done| !is_expected(done)) {
            tally.finding(format!("expected 2xx or 412, not {}", done.status.as_u16()), &[done]);
        }
    }

    /// Nobody was told that a write was carried out: none was.
    fn judge_refusals(&self, tally: &mut Tally) {
        let Some(first) = self.done.exchanges.first().filter(|_| !self.done.is_unknown) else {
            return;
        };
        let busy = self.done.exchanges.iter().find(|done| is_unavailable(done));
        if !is_same(self.before, self.after) {
            let shown = busy.unwrap_or(first);
            let why = "no write was acknowledged, and the resource is another one after them";
            tally.finding(why, &[self.before, shown, self.after]);
        } else if busy.is_none() {
            let why = format!("none of the writes that name {} was carried out", condition(first));
            tally.finding(why, &[self.before, first]);
        }
    }

    /// Another state has another tag: the old one lets nobody through.
    fn judge_tag(&self, winner: &Exchange, tally: &mut Tally) {
        if !is_absent(self.before) && self.after.etag() == self.before.etag() {
            tally.finding("a write was carried out, and the tag is the same", &[winner, self.after]);
        }
    }
}

/// Whether nothing was written between two looks at a resource.
pub(super) fn is_same(before: &Exchange, after: &Exchange) -> bool {
    is_absent(before) && is_absent(after)
        || (before.status, before.etag(), &before.body) == (after.status, after.etag(), &after.body)
}

/// What the request named: the tag, or nothing.
pub(super) fn condition(exchange: &Exchange) -> String {
    exchange.sent.get(IF_MATCH).map_or_else(|| "no state".to_owned(), lossy)
}
