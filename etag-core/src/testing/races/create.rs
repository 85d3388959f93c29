use http::header::IF_NONE_MATCH;

use super::judge::Round;
use super::report::{Line, Tally};
use super::run::{Attempt, Run, Stop, told};
use crate::testing::conformance::session::line as header;

pub(super) async fn line(run: &mut Run) -> Line {
    let mut tally = Tally::default();
    let ended = race(run, &mut tally).await;
    tally.line("create", "of writes that create, one is carried out, and shown", ended)
}

async fn race(run: &mut Run, tally: &mut Tally) -> Result<(), Stop> {
    let create = told(&run.kit.create, "write that creates")?;
    let path = run.kit.resource.clone();
    let shows = run.shows_of_creation(&create).await?;
    for _ in 0..run.kit.rounds {
        run.in_time()?;
        let before = run.absent().await?;
        let attempts = (0..run.kit.clients)
            .map(|_| Attempt::write(&path, run.next(&create), header(IF_NONE_MATCH, "*")))
            .collect();
        let done = run.race(attempts, tally).await;
        let after = run.look(&path).await?;
        Round { before: &before, done: &done, after: &after, shows }.judge(tally);
    }
    Ok(())
}
