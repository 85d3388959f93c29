use std::collections::HashSet;

use super::judge::Round;
use super::report::{Line, Tally};
use super::run::{Attempt, Run, Stop, told};

pub(super) async fn line(run: &mut Run) -> Line {
    let mut tally = Tally::default();
    let ended = race(run, &mut tally).await;
    tally.line("update", "of writes that name one tag, one is carried out, and shown", ended)
}

async fn race(run: &mut Run, tally: &mut Tally) -> Result<(), Stop> {
    let write = told(&run.kit.write, "write")?;
    let path = run.kit.resource.clone();
    run.present().await?;
    let shows = run.shows(&path, &write).await?;
    let mut tags = HashSet::new();
    for _ in 0..run.kit.rounds {
        run.in_time()?;
        let (before, guard) = run.tagged(&path).await?;
        if !tags.insert(guard.1.clone()) {
            tally.finding("this tag was that of an earlier state, which had other content", &[&before]);
        }
        let attempts =
            (0..run.kit.clients).map(|_| Attempt::write(&path, run.next(&write), guard.clone())).collect();
        let done = run.race(attempts, tally).await;
        let after = run.look(&path).await?;
        Round { before: &before, done: &done, after: &after, shows }.judge(tally);
    }
    Ok(())
}
