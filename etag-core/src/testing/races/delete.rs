use http::Method;
use http::header::IF_NONE_MATCH;

use super::Making;
use super::judge::{Round, condition};
use super::report::{Line, Tally};
use super::run::{Attempt, Done, Run, Stop, told};
use crate::testing::conformance::exchange::Exchange;
use crate::testing::conformance::session::{HeaderLine, line as header};

pub(super) async fn line(run: &mut Run) -> Line {
    let mut tally = Tally::default();
    let ended = race(run, &mut tally).await;
    tally.line("delete", "of updates and deletions that name one tag, one is carried out", ended)
}

pub(super) async fn line_of_revivals(run: &mut Run) -> Line {
    let mut tally = Tally::default();
    let ended = revive(run, &mut tally).await;
    tally.line("revive", "a tag of before a deletion lets nothing through", ended)
}

async fn race(run: &mut Run, tally: &mut Tally) -> Result<(), Stop> {
    told(&run.kit.create, "write that creates")?;
    let write = told(&run.kit.write, "write")?;
    let path = run.kit.resource.clone();
    run.present().await?;
    let shows = run.shows(&path, &write).await?;
    for round in 0..run.kit.rounds {
        run.in_time()?;
        let (before, guard) = run.present().await?;
        // Whoever is first in one round is second in the next.
        let attempts = (0..run.kit.clients)
            .map(|client| update_or_delete(run, &path, &write, &guard, (client + round).is_multiple_of(2)))
            .collect();
        let done = run.race(attempts, tally).await;
        let after = run.look(&path).await?;
        Round { before: &before, done: &done, after: &after, shows }.judge(tally);
    }
    Ok(())
}

/// While some create what was deleted, others write and delete under the tag that it had.
async fn revive(run: &mut Run, tally: &mut Tally) -> Result<(), Stop> {
    let create = told(&run.kit.create, "write that creates")?;
    let write = told(&run.kit.write, "write")?;
    let path = run.kit.resource.clone();
    let shows = run.shows_of_creation(&create).await?;
    for _ in 0..run.kit.rounds {
        run.in_time()?;
        let (_, stale) = run.present().await?;
        let before = run.absent().await?;
        let attempts = (0..run.kit.clients)
            .map(|client| match client % 4 {
                0 => Attempt::write(&path, run.next(&create), header(IF_NONE_MATCH, "*")),
                stage => update_or_delete(run, &path, &write, &stale, stage == 1),
            })
            .collect();
        let done = run.race(attempts, tally).await;
        let after = run.look(&path).await?;
        let done = without_revivals(done, tally);
        Round { before: &before, done: &done, after: &after, shows }.judge(tally);
        revive_the_same(run, &create, &write, tally).await?;
    }
    Ok(())
}

/// The same content as before the deletion: its old tag is the new one, or lets nothing through.
async fn revive_the_same(
    run: &mut Run,
    create: &Making,
    write: &Making,
    tally: &mut Tally,
) -> Result<(), Stop> {
    let path = run.kit.resource.clone();
    run.absent().await?;
    let content = run.next(create);
    let create = || Attempt::write(&path, content.clone(), header(IF_NONE_MATCH, "*"));
    run.carried_out(create()).await?;
    let (_, stale) = run.tagged(&path).await?;
    run.absent().await?;
    run.carried_out(create()).await?;
    let (_, current) = run.tagged(&path).await?;
    if stale == current {
        return Ok(());
    }
    for is_delete in [false, true] {
        let attempt = update_or_delete(run, &path, write, &stale, is_delete);
        expect_refusal(&run.alone(attempt).await?, tally);
    }
    Ok(())
}

fn update_or_delete(
    run: &mut Run,
    path: &str,
    write: &Making,
    guard: &HeaderLine,
    is_delete: bool,
) -> Attempt {
    if is_delete {
        Attempt::delete(path, guard.clone())
    } else {
        Attempt::write(path, run.next(write), guard.clone())
    }
}

/// Takes out the requests that name the tag of before the deletion: no write among them may have been carried out.
///
/// A DELETE may succeed where nothing is (§13.1.1); where it deleted what was created again, that is not shown.
fn without_revivals(done: Done, tally: &mut Tally) -> Done {
    let Done { exchanges, is_unknown } = done;
    let (creations, stale): (Vec<_>, Vec<_>) =
        exchanges.into_iter().partition(|done| done.sent.contains_key(IF_NONE_MATCH));
    stale.iter().filter(|done| done.method != Method::DELETE).for_each(|done| expect_refusal(done, tally));
    Done { exchanges: creations, is_unknown }
}

fn expect_refusal(done: &Exchange, tally: &mut Tally) {
    if done.status.is_success() {
        tally.counts.forked += 1;
        let why = format!("{} is a tag of before the deletion, and was let through", condition(done));
        tally.finding(why, &[done]);
    }
}
